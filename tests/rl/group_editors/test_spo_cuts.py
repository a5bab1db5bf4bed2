"""SPO: where episodes are cut, what the tries from there make of their values, and the estimator in a run."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.advantages import ESTIMATORS, Group, columns
from clickwright.rl.advantages.columns import Need
from clickwright.rl.branch_points import BranchPoint
from clickwright.rl.group_editors import Situation
from clickwright.rl.group_editors.spo import SegmentBranching, cuts
from clickwright.rl.metrics import read_metrics
from clickwright.rl.moment import Moment
from clickwright.rl.recipe import Recipe
from clickwright.trajectories.records import BranchKind, Episode, Status, Step
from tests.rl.doors import DOORS_ID
from tests.rl.recipes import doors_recipe

SURE, UNSURE = math.log(0.95), math.log(0.5)


def episode(name: str, tokens: list[list[float]], *, score: float = 0.0, parent: BranchPoint | None = None) -> Episode:
    """An episode by the log-probabilities of the tokens of its steps; a step without any was a script's."""
    steps = tuple(
        Step(
            t=t, state_key=str(t), prompt_ids=(t + 1,) if said else (), completion_ids=(7,) * len(said),
            logprobs=tuple(said), reward=score if t == len(tokens) - 1 else 0.0,
        )
        for t, said in enumerate(tokens)
    )  # fmt: skip
    return Episode(
        id=name, env_id="e", task="t", seed=1, goal="g", group_id="g", steps=steps, status=Status.TERMINATED,
        parent=None if parent is None else parent.branch,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tokens", "interval", "expected"),
    [
        ([[UNSURE], [UNSURE], [UNSURE], [UNSURE]], 1, [1, 2, 3]),
        ([[UNSURE], [UNSURE], [UNSURE], [UNSURE]], 2, [2]),
        ([[UNSURE, UNSURE, SURE], [SURE], [UNSURE], [UNSURE], [SURE]], 2, [1, 4]),
        ([[SURE], [SURE], [SURE]], 1, []),
        ([[], [UNSURE], [], [UNSURE]], 1, [3]),
        ([[], []], 1, []),
        ([], 1, []),
    ],
)
def test_cuts_stand_after_so_many_unsure_tokens(tokens: list[list[float]], interval: int, expected: list[int]) -> None:
    assert cuts(episode("e", tokens), unsure_below=0.9, interval=interval) == expected


def situation(scores: list[float], points: list[BranchPoint]) -> Situation:
    """One in which the branches, in their order, end with these scores."""

    def branch(asked: Any) -> list[Episode]:
        points.extend(asked)
        return [
            episode(f"b{k}", [list(step.logprobs) for step in point.episode.steps], score=score, parent=point)
            for k, (point, score) in enumerate(zip(asked, scores, strict=False))
        ]

    moment = Moment(iteration=0, max_iterations=9, version=0, seed=0, tasks=("e",), num_groups=1, group_size=2)
    return Situation(
        moment=moment, run_dir=Path(), roll_out=lambda plans: [], branch=branch, vocabulary=9,
        entropies=lambda steps: [],
    )  # fmt: skip


def test_the_values_at_cuts_credit_the_segments_between_them() -> None:
    won, lost = episode("won", [[UNSURE]] * 3, score=1.0), episode("lost", [[SURE]] * 2)
    points: list[BranchPoint] = []
    editor = SegmentBranching(SegmentBranching.Options(branches=2, interval=2))
    (found,) = editor.edit([Group(id="g", task="t", seed=1, episodes=(won, lost))], situation([1.0, 0.0], points))
    assert [(point.episode.id, point.t, point.kind) for point in points] == [("won", 2, BranchKind.VALUE)] * 2
    assert editor.metrics() == {"branch/cuts": 1, "branch/num": 2}
    credit = ESTIMATORS.build("spo").advantages(columns([found], needs=frozenset({Need.BRANCH}))).total
    # V(cut) = mean(1, 1, 0) = 2/3, V(start) = mean(2/3, 0) = 1/3: the first two steps of the winner earn 1/3 each, its
    # last 1/3 more, the loser's -1/3, and the branches 1/3 and -2/3 in their own step; shared steps stay at 0.
    expected = [1 / 3, 1 / 3, 1 / 3, -1 / 3, -1 / 3, 0, 0, 1 / 3, 0, 0, -2 / 3]
    assert credit.tolist() == pytest.approx(expected)


def test_the_bounds_on_what_a_group_costs() -> None:
    episodes = tuple(episode(f"e{k}", [[UNSURE]] * 6) for k in range(3))
    points: list[BranchPoint] = []
    options = SegmentBranching.Options(branches=3, interval=1, most_cuts=2, members=2)
    (found,) = SegmentBranching(options).edit(
        [Group(id="g", task="t", seed=1, episodes=episodes)], situation([], points)
    )
    assert len(points) == 3 * 2 * 2
    assert found.episodes == episodes  # what came to nothing is left out
    assert SegmentBranching(options).edit([], situation([], [])) == []


def recipe(model: Path, **settings: Any) -> Recipe:
    usual = {"algorithm": {"name": "spo"}, "group_editors": [{"name": "spo", "interval": 1, "members": 2}]}
    made = doors_recipe(
        model,
        tasks=(DOORS_ID,),
        rollout={"num_envs": 4, "deterministic": True},
        train={"groups": 4, "group_size": 4, "max_iterations": 1, "minibatches": 1} | usual | settings,
        evaluate={"episodes_per_task": 1},
    )
    made.check()
    return made


def test_spo_runs_from_a_recipe(doors_model: Path, tmp_path: Path) -> None:
    train(recipe(doors_model), run_dir=tmp_path, say=lambda _: None)
    row = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    assert row["branch/cuts"] > 0
    assert row["branch/num"] == 2 * row["branch/cuts"]
    assert row["train/mismatch_kl"] < 1e-6
    assert row["train/grad_norm"] > 0


def test_without_anything_that_branches_spo_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="nothing branches one"):
        recipe(tmp_path, group_editors=[])
    assert recipe(tmp_path, group_editors=[{"name": "entropy_branching", "size": 8}])
