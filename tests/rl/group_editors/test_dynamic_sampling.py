"""Dynamic sampling: what is dropped is replaced, so often and no oftener, and it says what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from clickwright.errors import ConfigError
from clickwright.rl.advantages import Group
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.moment import GroupPlan
from tests.rl.tries import group, moment, situation


class World:
    """Rolls out batches in which the first ``good[k]`` groups differ, and remembers what was asked."""

    def __init__(self, *good: int) -> None:
        self.good, self.asked, self.said = list(good), list[int](), list[str]()

    def plan(self, count: int) -> list[GroupPlan]:
        self.asked.append(count)
        return [GroupPlan(task="a", seed=number, size=4) for number in range(count)]

    def roll_out(self, plans: Sequence[GroupPlan]) -> list[Group]:
        good = self.good.pop(0)
        return [group(f"t{len(self.asked)}-{i}", [0, 1] if i < good else [1, 1]) for i in range(len(plans))]

    def edit(self, groups: Sequence[Group], *, max_tries: int = 10) -> tuple[list[Group], dict[str, float]]:
        editor = GROUP_EDITORS.build("dynamic_sampling", {"max_tries": max_tries})
        at = situation(moment(num_groups=4), plan=self.plan, roll_out=self.roll_out, say=self.said.append)
        return editor.edit(groups, at), dict(editor.metrics())


MIXED, SOLVED, FAILED = [0.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]


def test_a_batch_that_differs_is_left_alone() -> None:
    world, groups = World(), [group(f"g{i}", MIXED) for i in range(4)]
    kept, metrics = world.edit(groups)
    assert kept == groups
    assert metrics == {
        "dynamic_sampling/tries": 1, "dynamic_sampling/rolled_out": 4, "dynamic_sampling/dropped": 0,
        "dynamic_sampling/last_try_kept": 1, "dynamic_sampling/short": 0,
    }  # fmt: skip
    assert not world.said


def test_what_is_missing_is_rolled_out_until_the_batch_is_full() -> None:
    # Kept 1 of 4; then 1 of 3; then 2 of 2.
    world = World(1, 2)
    kept, metrics = world.edit([group("g0", SOLVED), group("g1", MIXED), group("g2", FAILED), group("g3", SOLVED)])
    assert world.asked == [3, 2]
    assert len(kept) == 4
    assert all(one.differs for one in kept)
    assert metrics["dynamic_sampling/tries"] == 3
    assert metrics["dynamic_sampling/rolled_out"] == 9
    assert metrics["dynamic_sampling/dropped"] == 5
    assert metrics["dynamic_sampling/last_try_kept"] == 1
    assert world.said == [
        "dynamic sampling: 4 of 4 groups differ after 3 of at most 10 tries; the last try kept 2 of 2"
    ]


def test_tries_are_bounded_and_a_short_batch_is_said() -> None:
    world = World(0, 1)
    kept, metrics = world.edit([group(f"g{i}", FAILED) for i in range(4)], max_tries=3)
    assert world.asked == [4, 4]
    assert len(kept) == 1
    assert metrics["dynamic_sampling/short"] == 3
    assert metrics["dynamic_sampling/last_try_kept"] == 0.25
    assert "1 of 4 groups differ after 3 of at most 3 tries; the last try kept 1 of 4" in world.said[0]


def test_groups_lost_to_faults_are_made_up_for() -> None:
    world = World(4)
    kept, metrics = world.edit([])
    assert world.asked == [4]
    assert len(kept) == 4
    assert metrics["dynamic_sampling/dropped"] == 0


def test_one_try_would_only_drop_what_is_dropped_anyway() -> None:
    with pytest.raises(ConfigError, match="max_tries"):
        GROUP_EDITORS.build("dynamic_sampling", {"max_tries": 1})
