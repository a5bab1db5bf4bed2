"""Selective sample replay: chances by |A|, past groups out of the store, memory through a checkpoint."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from clickwright.errors import UnknownNameError
from clickwright.rl.advantages import Group
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.group_editors.ssr import weights_of
from clickwright.trajectories.store import StoreWriter
from tests.rl.tries import group, moment, situation, through_json

ONE_OF_EIGHT = [1.0] + [0.0] * 7


def write(run_dir: Path, *groups: Group) -> None:
    """Put the episodes of groups into a store."""
    with StoreWriter(run_dir, run_meta={"recipe": "test"}) as writer:
        for one in groups:
            for episode in one.episodes:
                writer.add(episode)


def ids(groups: list[Group]) -> list[str]:
    return [one.id for one in groups]


def test_chances_of_members_by_the_worked_numbers() -> None:
    advantages = np.array([0.875] + [-0.125] * 7)
    current = weights_of(advantages, 1.0, floor=0.0)
    assert (current / current.sum()).tolist() == pytest.approx([0.5] + [0.0714286] * 7, abs=1e-6)
    kept = weights_of(advantages, 1.0)
    assert (kept / kept.sum()).tolist() == pytest.approx([0.499829] + [0.0714530] * 7, abs=1e-6)


def test_a_batch_is_filled_up_to_its_share_with_past_groups(tmp_path: Path) -> None:
    # 32 items in 4 groups, of which 8 differ: 16 are trained on, so 8 more come from the past.
    ssr = GROUP_EDITORS.build("ssr")
    past = [group(f"old{i}", ONE_OF_EIGHT, seed=i) for i in range(3)]
    write(tmp_path, *past)
    assert ids(ssr.edit(past, situation(moment(0, num_groups=4), run_dir=tmp_path))) == ["old0", "old1", "old2"]
    batch = [group("new", ONE_OF_EIGHT), *(group(f"alike{i}", [0.0] * 8) for i in range(3))]
    edited = ssr.edit(batch, situation(moment(2, num_groups=4), run_dir=tmp_path))
    assert edited[:4] == batch
    (replayed,) = edited[4:]
    assert replayed == next(one for one in past if one.id == replayed.id)
    assert ssr.metrics() == {
        "ssr/replayed": 1, "ssr/replayed_share": 0.5, "ssr/age": 2, "ssr/remembered": 4,
    }  # fmt: skip


def test_groups_are_drawn_by_the_chances_of_their_members(tmp_path: Path) -> None:
    # Sums of |A|: 1.75 (one of eight) against 4 (half of eight); alpha 0 counts members alone.
    rare, even = group("rare", ONE_OF_EIGHT), group("even", [1.0] * 4 + [0.0] * 4)
    write(tmp_path, rare, even)

    def share_of_even(alpha: float) -> float:
        ssr = GROUP_EDITORS.build("ssr", {"fill": 1.0, "alpha": alpha, "max_age": 1000})
        ssr.edit([rare, even], situation(moment(0, num_groups=2), run_dir=tmp_path))
        drawn: Counter[str] = Counter()
        for iteration in range(1, 301):
            drawn += Counter(ids(ssr.edit([], situation(moment(iteration, num_groups=1), run_dir=tmp_path))))
        return drawn["even"] / drawn.total()

    assert share_of_even(1.0) == pytest.approx(4 / 5.75, abs=0.09)
    assert share_of_even(0.0) == pytest.approx(0.5, abs=0.09)


def test_a_group_comes_once_per_batch_and_old_ones_go(tmp_path: Path) -> None:
    past = [group(f"old{i}", ONE_OF_EIGHT, seed=i) for i in range(3)]
    write(tmp_path, *past)
    ssr = GROUP_EDITORS.build("ssr", {"fill": 1.0, "capacity": 2, "max_age": 3})
    ssr.edit(past, situation(moment(0), run_dir=tmp_path))
    assert sorted(ids(ssr.edit([], situation(moment(3), run_dir=tmp_path)))) == ["old1", "old2"]
    assert ssr.edit([], situation(moment(4), run_dir=tmp_path)) == []
    assert ssr.metrics()["ssr/remembered"] == 0


def test_what_came_out_alike_is_not_remembered() -> None:
    ssr = GROUP_EDITORS.build("ssr")
    ssr.edit([group("alike", [1.0, 1.0])], situation())
    assert ssr.state() == {"past": []}
    assert ssr.metrics()["ssr/replayed_share"] == 0


def test_memory_survives_a_checkpoint_and_draws_the_same(tmp_path: Path) -> None:
    past = [group(f"old{i}", ONE_OF_EIGHT, seed=i) for i in range(6)]
    write(tmp_path, *past)
    one, other = GROUP_EDITORS.build("ssr"), GROUP_EDITORS.build("ssr")
    one.edit(past, situation(moment(0), run_dir=tmp_path))
    other.restore(through_json(one.state()))
    at = situation(moment(1), run_dir=tmp_path)
    drawn = one.edit([], at)
    assert len(drawn) == 4
    assert drawn == other.edit([], at)
    assert one.state() == other.state()
    other.restore({})
    assert other.edit([], at) == []


def test_a_store_without_the_episode_says_so(tmp_path: Path) -> None:
    ssr = GROUP_EDITORS.build("ssr")
    ssr.edit([group("gone", ONE_OF_EIGHT)], situation())
    write(tmp_path, group("other", ONE_OF_EIGHT))
    with pytest.raises(UnknownNameError, match="gone-0"):
        ssr.edit([], situation(moment(1), run_dir=tmp_path))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="not finite"):
        GROUP_EDITORS.build("ssr").edit([group("x", [0, bad, 1])], situation())
