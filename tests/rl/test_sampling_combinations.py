"""Samplers and group editors that do not fit a recipe, refused with the reason; the first plan, rehearsed."""

from __future__ import annotations

from pathlib import Path

import pytest

from clickwright.errors import ConfigError
from clickwright.rl.pass_rates import PassRate, PassRates, write_pass_rates
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.rehearsal import rehearse

NONE = {"train.algorithm": {"name": "none"}}
SIZE = {"train.group_size": 8, "train.max_iterations": 60}
SCORER = {"scorer": {"name": "progress"}, "weight": 0.1}


def sampler(name: str, **options: object) -> dict[str, object]:
    return {"train.sampler": {"name": name, **options}}


def editors(*tables: dict[str, object]) -> dict[str, object]:
    return {"train.group_editors": list(tables)}


PODS, DYNAMIC, SSR = {"name": "pods", "keep": 4}, {"name": "dynamic_sampling"}, {"name": "ssr"}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (editors({"name": "pods", "keep": 9}), r"pods.keep = 9 of train.group_size = 8 drops nobody"),
        (editors({"name": "pods", "keep": 8}), r"drops nobody"),
        (editors(PODS, PODS), "lists pods twice"),
        (editors(PODS, DYNAMIC), "list dynamic_sampling first"),
        (
            editors(DYNAMIC) | {"train.loss": {"name": "filtered_sft"}} | NONE,
            "dynamic_sampling takes.*learns from them",
        ),
        (editors(SSR) | {"train.loss": {"name": "tbrm"}} | NONE, "ssr takes groups.*learns from them"),
        (editors(DYNAMIC) | {"train.editors": [{"name": "progress"}]}, "before train.editors could tell them apart"),
        (editors(PODS) | {"train.rewards": [SCORER]}, "pods goes by the environment's scores, and train.rewards adds"),
        (editors(SSR) | {"train.algorithm": {"name": "opo"}, "train.minibatches": 1}, "ssr brings groups of older"),
        (sampler("u_shape"), r"'u_shape' goes by pass rates, and train.pass_rates names none: .*clickwright profile"),
        (sampler("gvm", of={"name": "difficulty"}), "'gvm' goes by pass rates"),
        (sampler("gvm", of={"name": "gvm"}), "Gvm both outside and inside"),
        (
            sampler("difficulty", of={"name": "gvm", "of": {"name": "u_shape"}}) | {"train.pass_rates": "rates.json"},
            "put it outside",
        ),
        (sampler("difficulty", rungs=61) | {"train.pass_rates": "rates.json"}, "some would never be trained on"),
        (sampler("gvm", smallest=8), "leaves nothing to share out"),
        (sampler("scaling_inter"), r"begin after 160 iterations.* is 60: set every to at most 29"),
        (sampler("scaling_inter", rounds=[4, 20], every=10) | {"env.max_steps": 10}, r"beyond env.max_steps = 10"),
        (sampler("adastr"), "did you mean adastar"),
        (sampler("gvm", alfa=1.0), "did you mean alpha"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError if "did you" not in message else ValueError, match=message):
        load_recipe("quickstart", SIZE | overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        editors(DYNAMIC, PODS),
        editors(DYNAMIC, SSR, PODS),
        editors({"name": "pods", "keep": 8}) | sampler("gvm"),
        editors(PODS) | {"train.editors": [{"name": "progress"}]},
        editors(SSR) | {"train.algorithm": {"name": "opo", "strict_on_policy": False}},
        sampler("scaling_inter", every=29, of={"name": "gvm", "of": {"name": "adastar"}}),
        sampler("scaling_inter", rounds=[4, 10], every=10) | {"env.max_steps": 10},
        sampler("u_shape", of={"name": "difficulty"}) | {"train.pass_rates": "rates.json"},
        sampler("easy_pool", of={"name": "srpo_history"}),
    ],
)
def test_what_does_is_let_through(overrides: dict[str, object]) -> None:
    assert load_recipe("quickstart", SIZE | overrides).train is not None


def test_the_last_stage_that_is_offered_instead_is_reached() -> None:
    assert load_recipe("quickstart", SIZE | sampler("scaling_inter", every=29)).train is not None


def test_the_first_plan_is_rehearsed_with_the_profile(tmp_path: Path) -> None:
    path = tmp_path / "rates.json"
    settings = SIZE | sampler("u_shape") | {"train.pass_rates": str(path)}
    recipe = load_recipe("quickstart", settings)
    with pytest.raises(ConfigError, match="there is no profile"):
        rehearse(recipe)
    rates = {task: PassRate(tries=4, successes=4) for task in recipe.env.tasks}
    first = recipe.env.tasks[0]
    write_pass_rates(path, PassRates(policy="base", tasks=rates))
    with pytest.raises(ConfigError, match="leaves out all"):
        rehearse(recipe)
    write_pass_rates(path, PassRates(policy="base", tasks={**rates, first: PassRate(tries=4, successes=1)}))
    assert {plan.task for plan in rehearse(recipe)} == {first}
    write_pass_rates(path, PassRates(policy="base", tasks={first: PassRate(tries=4, successes=1)}))
    if len(recipe.env.tasks) > 1:
        with pytest.raises(ConfigError, match="the profile has 1 tasks, without"):
            rehearse(recipe)
