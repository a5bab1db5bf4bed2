"""A run with guides and branches that was broken off goes on as if it had not been."""

from __future__ import annotations

from pathlib import Path

import pytest

from clickwright.rl import train
from clickwright.rl.collector import Collector
from clickwright.rl.metrics import read_metrics
from clickwright.rl.moment import GroupPlan
from tests.rl.recipes import doors_recipe

TOLD = ("guide/", "branch/", "rollout/success", "rollout/score", "train/loss", "train/grad_norm", "train/rows")


def numbers(run: Path) -> dict[int, dict[str, float]]:
    """What each iteration measured that does not hang on the clock."""
    return {
        row["iteration"]: {name: value for name, value in row.items() if name.startswith(TOLD)}
        for row in read_metrics(run)
        if row["event"] == "iteration"
    }


class Broken(Exception):
    """The end of a run before its end."""


def test_a_broken_run_draws_what_it_would_have_drawn(
    doors_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = doors_recipe(
        doors_model,
        rollout={"num_envs": 4, "deterministic": True},
        train={
            "groups": 2,
            "group_size": 3,
            "max_iterations": 2,
            "minibatches": 1,
            "guides": [{"name": "expert_prefix", "label_refs": False, "until": 1.0, "schedule": "uniform"}],
            "loss": {"name": "uft"},
            "group_editors": [{"name": "entropy_branching", "size": 5}],
        },
        evaluate={"episodes_per_task": 1},
        checkpoint={"every": 1},
    )
    recipe.check()
    train(recipe, run_dir=tmp_path / "whole", say=lambda _: None)

    collect = Collector.collect

    def breaking(self: Collector, plans: list[GroupPlan]) -> object:
        found = collect(self, plans)
        if self.moment.iteration == 1:
            raise Broken
        return found

    with monkeypatch.context() as patched:
        patched.setattr(Collector, "collect", breaking)
        with pytest.raises(Broken):
            train(recipe, run_dir=tmp_path / "broken", say=lambda _: None)
    train(recipe, run_dir=tmp_path / "broken", resume=True, say=lambda _: None)
    assert numbers(tmp_path / "broken") == numbers(tmp_path / "whole")
    assert set(numbers(tmp_path / "whole")) == {1, 2}
