"""Groups that are looked at a few at a time are looked at whole, and give what all of them together give."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.advantages import batch
from clickwright.rl.advantages import ESTIMATORS, as_columns, ktae
from clickwright.rl.advantages.episode import episodes_of, whole_groups


@pytest.mark.parametrize("most", [1, 5, 100])
def test_no_group_is_cut(most: int) -> None:
    group = np.repeat(np.arange(6), [4, 1, 7, 2, 2, 9])
    episodes = episodes_of(as_columns(group=group, episode=np.arange(25), anchor=group, reward=np.zeros(25)))
    row = np.repeat(np.arange(25), 3)
    parts = whole_groups(episodes, row, most)
    assert np.concatenate([row[part] for part in parts]).tolist() == row.tolist()
    owners = [set(group[row[part]].tolist()) for part in parts]
    assert sum(map(len, owners)) == 6
    assert all(sum(3 * int((group == one).sum()) for one in sorted(owner)[:-1]) < most for owner in owners)


def test_scattered_groups_stay_together() -> None:
    group = np.array([0, 1, 0, 1])
    episodes = episodes_of(as_columns(group=group, episode=np.arange(4), anchor=group, reward=np.zeros(4)))
    assert whole_groups(episodes, np.arange(4), 1) == [slice(0, 4)]


@pytest.mark.parametrize("over", ["tokens", "actions"])
def test_ktae_gives_the_same_in_parts(over: str, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = batch(3_200)
    found = []
    for most in (10**9, 50):
        monkeypatch.setattr(ktae, "AT_ONCE", most)
        found.append(ESTIMATORS.build("ktae", {"over": over}).advantages(columns).total)
    np.testing.assert_allclose(found[1], found[0], atol=1e-12)
