"""Algorithms in the trainer itself: one iteration each on a real environment and a real model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from clickwright.rl import train
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.credited import credited
from clickwright.rl.loop import rows_of
from clickwright.rl.metrics import read_metrics
from clickwright.trajectories.records import Branch, BranchKind, Episode, Status, Step
from tests.rl.recipes import doors_recipe

NONE = {"algorithm": {"name": "none"}}


def one_iteration(model: Path, folder: Path, **settings: Any) -> dict[str, Any]:
    """Metrics of an iteration."""
    small = {"groups": 4, "group_size": 6, "max_iterations": 1, "minibatches": 1}
    recipe = doors_recipe(model, train=small | settings, evaluate={"episodes_per_task": 1})
    recipe.check()
    train(recipe, run_dir=folder, say=lambda _: None)
    return next(row for row in read_metrics(folder) if row["event"] == "iteration")


@pytest.mark.parametrize(
    "settings",
    [
        {"loss": {"name": "gvpo"}} | NONE,
        {"loss": {"name": "tbrm"}} | NONE,
        {"loss": {"name": "disco"}} | NONE,
        {"loss": {"name": "signed_sft"}} | NONE,
        {"loss": {"name": "gspo", "sequence": "episode", "mismatch": "sequence_mask"}, "algorithm": {"name": "rloo"}},
        {"loss": {"name": "lopti"}, "algorithm": {"name": "ktae"}, "multipliers": [{"name": "probability"}]},
        {"algorithm": {"name": "gigpo_similar"}, "multipliers": [{"name": "semantic_entropy"}]},
        {"algorithm": {"name": "turn_gae"}, "loss": {"name": "cispo", "kl_coef": 0.1, "kl_target": 0.5}},
    ],
    ids=lambda settings: "-".join(str(one["name"]) for one in settings.values() if isinstance(one, dict)),
)
def test_an_iteration_moves_the_weights(settings: dict[str, Any], doors_model: Path, tmp_path: Path) -> None:
    row = one_iteration(doors_model, tmp_path, **settings)
    assert row["train/rows"] > 0
    assert row["train/grad_norm"] > 0
    if settings.get("loss", {}).get("kl_target"):
        # The weights have not moved when the distance is first measured, so the coefficient falls.
        assert row["train/kl_coef"] < 0.1
    if "mismatch" in settings.get("loss", {}):
        assert row["train/mismatch_weight"] == pytest.approx(1.0, abs=0.01)


def step(t: int) -> Step:
    """A step of two tokens."""
    return Step(t=t, state_key="s", completion_ids=(3, 4), logprobs=(-1.0, -1.0), prompt_ids=(1,), reward=float(t))


def group(*lengths: int) -> Group:
    """Episodes of so many steps; the second branches off the first after one."""
    episodes = [
        Episode(
            id=f"e{number}", env_id="e", task="t", seed=1, goal="g", status=Status.TERMINATED, success=number == 0,
            steps=tuple(step(t) for t in range(length)),
            parent=Branch(episode_id="e0", t=1, kind=BranchKind.ARPO) if number == 1 else None,
        )
        for number, length in enumerate(lengths)
    ]  # fmt: skip
    return Group(id="g", task="t", seed=1, episodes=tuple(episodes))


def test_rows_say_where_they_belong_and_shared_steps_are_trained_once() -> None:
    total = np.arange(6, dtype=np.float64)
    credit = Advantages(total=total, per_token=np.arange(12, dtype=np.float64))
    rows = rows_of([group(2, 3), group(1)], credit)
    assert [row.advantage for row in rows] == [0, 1, 3, 4, 5]
    assert [row.advantages for row in rows] == [(0, 1), (2, 3), (6, 7), (8, 9), (10, 11)]
    assert [row.episode for row in rows] == [0, 0, 1, 1, 2]
    assert [row.group for row in rows] == [0, 0, 0, 0, 1]
    assert [row.score for row in rows] == [1, 1, 3, 3, 0]
    assert [row.success for row in rows] == [True, True, False, False, True]


def test_groups_without_credit_are_left_out_with_their_credit() -> None:
    credit = Advantages(
        total=np.asarray([0.0, 0, 1, 2]), per_token=np.arange(8.0), parts={"step": np.arange(4.0)}, metrics={"a": 1.0}
    )
    kept, left = credited([group(2), group(2)], credit)
    assert len(kept) == 1
    assert left.total.tolist() == [1, 2]
    assert left.per_token is not None
    assert left.per_token.tolist() == [4, 5, 6, 7]
    assert left.parts["step"].tolist() == [2, 3]
