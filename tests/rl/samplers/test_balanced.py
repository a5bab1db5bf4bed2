"""The balanced sampler: even shares, more for mixed success, by seed and iteration alone."""

from __future__ import annotations

from collections import Counter

import pytest

from clickwright.rl.moment import GroupPlan, Moment, remember
from clickwright.rl.samplers import SAMPLERS
from clickwright.rl.samplers.balanced import task_shares

TASKS = ("a", "b", "c")


def plan(*, iteration: int, seed: int = 0, num_groups: int = 8) -> list[GroupPlan]:
    moment = Moment(
        iteration=iteration, max_iterations=60, version=0, seed=seed, tasks=TASKS, num_groups=num_groups, group_size=4
    )
    return SAMPLERS.build("balanced").plan(moment)


def test_groups_are_spread_evenly_over_tasks() -> None:
    counts: Counter[str] = Counter()
    for iteration in range(60):
        found = plan(iteration=iteration)
        here = Counter(one.task for one in found)
        assert all(here[task] in (2, 3) for task in TASKS)
        assert len({one.seed for one in found}) == 8
        assert {one.size for one in found} == {4}
        counts += here
    assert max(counts.values()) - min(counts.values()) <= 12


def test_focus_moves_groups_to_tasks_of_mixed_success() -> None:
    success = {"a": 1.0, "b": 0.5, "c": 0.0}
    shares = task_shares(TASKS, success, 0.6)
    assert shares.sum() == pytest.approx(1)
    assert shares[1] > 0.7
    assert shares[0] == pytest.approx(0.4 / 3, abs=0.01)
    assert task_shares(TASKS, success, 0.0).tolist() == pytest.approx([1 / 3] * 3)


def test_plans_depend_on_seed_and_iteration_alone() -> None:
    assert plan(iteration=5) == plan(iteration=5)
    assert plan(iteration=5) != plan(iteration=5, seed=1)
    assert plan(iteration=5) != plan(iteration=6)


def test_success_is_remembered_with_a_fading_past() -> None:
    success: dict[str, float] = {}
    remember(success, "a", 1.0)
    remember(success, "a", 0.0)
    assert success["a"] == pytest.approx(0.7)
