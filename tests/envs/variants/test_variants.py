"""Variants of tasks that need no browser: true for the oracle, strict with everybody else, conforming."""

from __future__ import annotations

import math
from typing import Any

import gymnasium
import pytest

import clickwright  # noqa: F401 (registers the environments)
from clickwright.envs.conformance import check
from clickwright.envs.task_env import TaskEnv
from clickwright.envs.variants import VARIANTS, varied
from clickwright.envs.variants.infeasible import made_up, named_in_goal
from clickwright.envs.variants.rehearsal import rehearse
from clickwright.errors import ConfigError, UnknownNameError
from tests.envs.counter_env import CopyableLights, LightsOut, LightsSurface, NoOracle
from tests.envs.variants.shelf import Shelf, TakeBook

ONE_HOP = "clickwright/search.one-hop-v0"
ONE_BOX = "clickwright/sokoban.one-box-v0"


def shelf(variant: str = "", **settings: Any) -> TaskEnv:
    """Books on a shelf."""
    return TaskEnv(Shelf, TakeBook(), variant=variant, **settings)


def lights(**settings: Any) -> TaskEnv:
    """Lights with a rule."""
    return TaskEnv(LightsSurface, LightsOut(), **{"variant": "constraint", **settings})


def solve(env: Any, seed: int) -> dict[str, Any]:
    """What the oracle's last action brought."""
    info = env.reset(seed=seed)[1]
    oracle = env.unwrapped.oracle()
    while (action := oracle.next()) is not None:
        info = env.step(action)[4]
    return dict(info)


@pytest.mark.parametrize("variant", ["constraint", "constraint:at_most", "constraint:not_twice", "constraint:avoid"])
def test_lights_and_shelf_with_a_rule_conform(variant: str) -> None:
    report = check(lambda **settings: lights(variant="constraint", **settings))
    assert report.ok, str(report)
    report = check(lambda **settings: shelf(variant, **settings))
    assert report.ok, str(report)


def test_an_infeasible_shelf_conforms() -> None:
    report = check(lambda **settings: shelf("infeasible", **settings))
    assert report.ok, str(report)


TRUE_OF = {
    ONE_HOP: {"infeasible", "constraint", "constraint:at_most", "constraint:searches"},
    "clickwright/search.two-hop-v0": {"infeasible", "constraint", "constraint:at_most", "constraint:searches"},
    ONE_BOX: {"constraint", "constraint:at_most"},
}
"""The variants of tasks that need no browser: a level of Sokoban names nothing, and neither has elements."""


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("env_id", TRUE_OF)
def test_oracles_solve_the_variants_of_registered_tasks(env_id: str, variant: str) -> None:
    env = gymnasium.make(env_id, variant=variant)
    for seed in range(4):
        if variant in TRUE_OF[env_id]:
            assert solve(env, seed)["success"], seed
        else:
            with pytest.raises(ConfigError, match=f"no {variant} variant"):
                env.reset(seed=seed)
    env.close()


def test_a_variant_changes_the_goal_and_not_the_start() -> None:
    plain, rule, without = shelf(), shelf("constraint"), shelf("infeasible")
    for seed in range(6):
        seen = [env.reset(seed=seed)[0] for env in (plain, rule, without)]
        assert len({one["text"] for one in seen}) == 1
        assert seen[1]["goal"].startswith(seen[0]["goal"])
        assert len({one["goal"] for one in seen}) == 3
    assert (rule.task.name, without.task.name) == ("take-book+constraint", "take-book+infeasible")


def test_what_is_asked_for_is_nowhere() -> None:
    env = shelf("infeasible")
    for seed in range(20):
        seen, _ = env.reset(seed=seed)
        word = env.goal.params["infeasible"]["asked"]
        assert f'"{word}"' in seen["goal"]
        assert word.lower() not in seen["text"].lower()
        assert env.goal.params["infeasible"]["instead_of"] not in seen["goal"]


def test_only_saying_so_solves_the_infeasible() -> None:
    env = shelf("infeasible")
    env.reset(seed=1)
    _, reward, terminated, _, info = env.step("finish infeasible")
    assert (reward, terminated, info["success"]) == (1.0, True, True)
    assert info["reward_parts"]["refused"] == 1.0
    for ending in ("finish", "finish failure", "click [1]"):
        env.reset(seed=1)
        _, reward, terminated, _, info = env.step(ending)
        assert (reward, terminated, info["success"]) == (0.0, True, False), ending


def test_refusing_after_the_state_was_changed_is_no_success_where_nothing_had_to_be_looked_for() -> None:
    env = shelf("infeasible")
    env.reset(seed=1)
    assert env.goal.params["infeasible"]["in_sight"]
    env.step("click [9]")  # the lamp, which changes the state and ends nothing
    *_, info = env.step("finish infeasible")
    assert (info["success"], info["reward_parts"]["refused"], info["reward_parts"]["unchanged"]) == (False, 1.0, 0.0)
    env.reset(seed=1)
    env.step("click [9]")
    env.step("click [9]")  # and back
    assert env.step("finish infeasible")[4]["success"]


def test_where_it_has_to_be_searched_for_looking_is_no_change() -> None:
    env = gymnasium.make(ONE_HOP, variant="infeasible")
    env.reset(seed=0)
    assert not env.unwrapped.goal.params["infeasible"]["in_sight"]  # type: ignore[attr-defined]
    env.step('search "nothing"')
    *_, info = env.step("finish infeasible")
    assert info["success"]
    env.close()


def test_a_rule_is_broken_or_kept_and_the_task_solved_or_not() -> None:
    env = shelf("constraint:avoid")
    env.reset(seed=2)
    rule = env.goal.params["rule"]
    assert f'Do not press "{rule["name"]}".' in env.goal.text
    lamp = rule["name"] == "lamp"
    bad = "click [9]" if lamp else next(f"click [{e.ref}]" for e in env.view.elements if e.name == rule["name"])
    *_, info = env.step(bad)
    assert info["reward_parts"]["violations"] == 1.0
    env.reset(seed=2)
    info = solve(env, 2)
    assert (info["reward_parts"]["solved"], info["reward_parts"]["violations"]) == (1.0, 0.0)


def test_a_broken_rule_takes_the_reward_of_a_solved_task() -> None:
    env = lights(variant="constraint:at_most")
    env.reset(seed=0)
    limit = env.goal.params["rule"]["limit"]
    for _ in range(limit):
        env.step("wait 1")
    oracle, reward, info = env.oracle(), math.nan, dict[str, Any]()
    while (action := oracle.next()) is not None:
        _, reward, _, _, info = env.step(action)
    assert (reward, info["success"], info["reward_parts"]["solved"]) == (0.0, False, 1.0)
    assert info["reward_parts"]["violations"] >= 1.0
    assert info["ended_by"] == "task"


def test_pressing_a_thing_twice_is_seen_by_ref_and_by_point() -> None:
    env = shelf("constraint:not_twice")
    for second in ("click [9]", "click (0.95, 0.5)"):
        env.reset(seed=0)
        assert env.goal.params["rule"]["name"] == "lamp"
        *_, info = env.step("click [9]")
        assert info["reward_parts"]["violations"] == 0.0
        *_, info = env.step(second)
        assert info["reward_parts"]["violations"] == 1.0
        assert not info["success"]


def test_elements_are_known_even_where_the_policy_sees_only_the_screen() -> None:
    env = shelf("constraint:not_twice", observe=("screen",))
    seen, _ = env.reset(seed=0)
    assert "text" not in seen
    env.step("click (0.95, 0.5)")
    *_, info = env.step("click (0.95, 0.5)")
    assert info["reward_parts"]["violations"] == 1.0


def test_a_snapshot_remembers_what_was_done() -> None:
    def made() -> TaskEnv:
        return TaskEnv(CopyableLights, LightsOut(), variant="constraint:at_most")

    env = made()
    env.reset(seed=0)
    limit = env.goal.params["rule"]["limit"]
    for _ in range(limit):
        env.step("wait 1")
    token = env.snapshot()
    assert token.exact is None
    for other in (env, made()):
        other.reset(seed=5)
        other.restore(token)
        *_, info = other.step("wait 1")
        assert info["reward_parts"]["violations"] == 1.0


def test_goals_that_name_nothing_have_no_infeasible_variant() -> None:
    env = lights(variant="infeasible")
    with pytest.raises(ConfigError, match="mentions nothing by name"):
        env.reset(seed=0)
    env = lights(variant="constraint:searches")
    with pytest.raises(ConfigError, match="no constraint:searches variant"):
        env.reset(seed=0)


def test_bad_variants_are_refused() -> None:
    with pytest.raises(UnknownNameError, match="infeasible"):
        shelf("infeasibel")
    with pytest.raises(ConfigError, match="no oracle"):
        TaskEnv(LightsSurface, NoOracle(), variant="constraint")
    task = LightsOut()
    assert varied(task, "") is task


def test_names_are_found_whole_and_quoted_ones_first() -> None:
    played = rehearse(TakeBook(), Shelf(), 0)
    (name,) = named_in_goal(played)
    assert f'"{name}"' in played.goal.text


def test_made_up_words_have_the_form_of_what_they_replace() -> None:
    import numpy as np

    draws = np.random.default_rng(0)
    assert made_up(draws, like="two words", unlike="").count(" ") == 1
    assert made_up(draws, like="Name", unlike="").istitle()
    said = made_up(np.random.default_rng(1), like="x", unlike="")
    assert made_up(np.random.default_rng(1), like="x", unlike=said.upper()) != said
