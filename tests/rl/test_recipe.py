"""Recipes: every key has a reader, and a mistake in one is told with what would have been right."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from pydantic import BaseModel

import clickwright.rl.recipe as recipe_module
from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl import advantages, losses, train
from clickwright.rl.recipe import Recipe, Section
from clickwright.rl.recipe_file import load_recipe, recipe_names
from clickwright.rl.registry import Options
from tests.rl.recipes import doors_recipe

RL = Path(recipe_module.__file__).parent


def test_the_shipped_recipes_load_and_differ_in_what_they_say() -> None:
    assert {"quickstart", "quickstart-grpo", "quickstart-sft"} <= set(recipe_names())
    gigpo, grpo, sft = (load_recipe(name) for name in ("quickstart", "quickstart-grpo", "quickstart-sft"))
    assert gigpo.train is not None
    assert grpo.train is not None
    assert gigpo.train.algorithm["name"] == "gigpo"
    assert grpo.train.algorithm["name"] == "grpo"
    assert sft.train is None
    assert gigpo.env == grpo.env == sft.env
    assert gigpo.warm_start == grpo.warm_start
    assert grpo.train.loss == gigpo.train.loss
    assert len(gigpo.env.tasks) >= 8
    assert gigpo.evaluate.episodes_per_task >= 40


def sections() -> list[type[BaseModel]]:
    """Every model whose fields are settings."""
    waiting: list[type[BaseModel]] = [Section, Options]
    found: list[type[BaseModel]] = []
    while waiting:
        below = waiting.pop().__subclasses__()
        found += below
        waiting += below
    return found


def test_every_key_is_read_by_something() -> None:
    read: set[str] = set()
    for path in RL.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                read.add(node.attr)
    # Grpo passes its whole options on by name.
    read |= set(advantages.grpo.Grpo.Options.model_fields)
    keys = {f"{model.__qualname__}.{key}": key for model in sections() for key in model.model_fields}
    assert len(keys) > 50
    assert losses.ppo.Ppo.Options in sections()
    assert [name for name, key in keys.items() if key not in read] == []


@pytest.mark.parametrize(
    ("name", "overrides", "message"),
    [
        ("quickstrat", {}, "did you mean quickstart"),
        ("quickstart", {"train.lrr": 1}, r"\[train\] 'lrr': did you mean lr"),
        ("quickstart", {"trian.lr": 1}, "'trian': did you mean train"),
        ("quickstart", {"train.algorithm.gama": 0.9}, "estimator 'gigpo' 'gama': did you mean gamma"),
        ("quickstart", {"train.algorithm.name": "gigp"}, "did you mean gigpo"),
        ("quickstart", {"train.loss.clip_hi": 0.9}, "loss 'ppo' 'clip_hi': did you mean clip_high"),
    ],
)
def test_an_unknown_name_gives_the_nearest(name: str, overrides: dict[str, object], message: str) -> None:
    with pytest.raises(UnknownNameError, match=message):
        load_recipe(name, overrides)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"train.lr": -1}, "train.lr = -1: Input should be greater than 0"),
        ({"train.lr": "fast"}, "train.lr = 'fast'"),
        ({"train.group_size": 1}, "greater than or equal to 2"),
        ({"env.tasks": ["a", "a"]}, "listed twice: a"),
        ({"train.loss.aggregation": "constant"}, "constant_length"),
        ({"rollout.deadlines": {"action_s": -1}}, "action_s.*above 0"),
        ({"rollout.deadlines": {"acton_s": 1}}, "did you mean action_s"),
    ],
)
def test_a_bad_value_says_what_is_allowed(overrides: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe("quickstart", overrides)


def test_another_method_drops_the_options_of_the_one_it_replaces() -> None:
    recipe = load_recipe("quickstart", {"train.algorithm.name": "grpo"})
    assert recipe.train is not None
    assert recipe.train.algorithm == {"name": "grpo"}
    kept = load_recipe("quickstart", {"train.algorithm.gamma": "0.5"})
    assert kept.train is not None
    assert kept.train.algorithm["name"] == "gigpo"
    assert kept.train.algorithm["gamma"] == 0.5


def test_files_extend_files_beside_them(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "base"\n[env]\ntasks = ["a"]\n[train]\nlr = 0.1\n[warm_start]\nlr = 0.2\n'
    )
    (tmp_path / "child.toml").write_text(
        'extends = "base"\ndrop = ["warm_start"]\nname = "child"\n[train]\ngroups = 3\n'
    )
    child = load_recipe(tmp_path / "child.toml")
    assert child.train is not None
    assert (child.name, child.train.lr, child.train.groups, child.warm_start) == ("child", 0.1, 3, None)
    (tmp_path / "loop.toml").write_text('extends = "loop"\n')
    with pytest.raises(ConfigError, match="extends itself"):
        load_recipe(tmp_path / "loop.toml")
    (tmp_path / "wrong.toml").write_text('extends = "base"\ndrop = ["trane"]\n')
    with pytest.raises(UnknownNameError, match="did you mean train"):
        load_recipe(tmp_path / "wrong.toml")
    (tmp_path / "broken.toml").write_text("name = \n")
    with pytest.raises(ConfigError, match="not TOML"):
        load_recipe(tmp_path / "broken.toml")
    with pytest.raises(ConfigError, match="no recipe file"):
        load_recipe(tmp_path / "absent.toml")


def test_a_recipe_that_would_do_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="changes nothing"):
        Recipe.model_validate({"name": "x", "env": {"tasks": ["a"]}})


def test_an_unknown_task_or_model_stops_before_a_folder_is_made(doors_model: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"click-button-v0"):
        train(doors_recipe(doors_model, tasks=("clickwright/miniwob.click-buton-v0",)), run_dir=tmp_path / "run")
    with pytest.raises(ConfigError, match="no such model"):
        train(doors_recipe(tmp_path / "nowhere"), run_dir=tmp_path / "run")
    assert not (tmp_path / "run").exists()
