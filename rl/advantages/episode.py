"""Episodes and their groups as arrays, and the episode-level term shared by the group estimators."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np

from clickwright.rl.advantages.columns import Bools, Columns, Floats, Ints
from clickwright.rl.advantages.segments import Norm, Singleton, dense, normalise


class Weighting(StrEnum):
    """What counts as one sample of a group's mean and deviation."""

    TRAJECTORY = "trajectory"
    STEP = "step"


@dataclass(frozen=True, slots=True, kw_only=True)
class Episodes:
    """The episodes of a batch.

    Attributes:
        of_row: Episode of each row, ``0..num_episodes-1``.
        score: Undiscounted return of each episode.
        group: Group of each episode, ``0..num_groups-1``.
        size: Episodes of each group.
    """

    of_row: Ints
    score: Floats
    group: Ints
    size: Ints

    @property
    def member(self) -> Ints:
        """Place of each episode in its group."""
        order = np.argsort(self.group, kind="stable")
        result = np.empty(len(order), dtype=np.int64)
        result[order] = np.arange(len(order)) - (np.cumsum(self.size) - self.size)[self.group[order]]
        return result

    @property
    def num_groups(self) -> int:
        """How many groups."""
        return len(self.size)

    def group_mean(self, values: Floats) -> Floats:
        """Mean over the episodes of each group."""
        mean = np.bincount(self.group, weights=values, minlength=self.num_groups) / np.maximum(self.size, 1)
        return np.asarray(mean, dtype=np.float64)

    def first(self, values: Ints | Bools) -> Ints:
        """The value of each episode out of a column that is the same in all its rows."""
        result = np.zeros(len(self.score), dtype=np.int64)
        result[self.of_row] = values
        return result


def episodes_of(columns: Columns) -> Episodes:
    """Sum rows up to episodes."""
    of_row, num_episodes = dense(columns.episode)
    group, num_groups = dense(columns.group)
    group_of = np.zeros(num_episodes, dtype=np.int64)
    group_of[of_row] = group
    return Episodes(
        of_row=of_row,
        score=np.bincount(of_row, weights=columns.reward, minlength=num_episodes).astype(np.float64),
        group=group_of,
        size=np.bincount(group_of, minlength=num_groups).astype(np.int64),
    )


def whole_groups(episodes: Episodes, row: Ints, most: int) -> list[slice]:
    """Cut entries into parts of about ``most``, none of which ends inside a group.

    Args:
        episodes: The episodes of the batch.
        row: Row of each entry, non-decreasing.
        most: Entries of a part, but for the group that ends it; one part where the rows of groups lie scattered.
    """
    group = episodes.group[episodes.of_row]
    if (np.diff(group) < 0).any():
        return [slice(0, len(row))]
    starts = np.searchsorted(row, np.flatnonzero(np.diff(group)) + 1)
    after = np.searchsorted(starts, np.arange(most, len(row), most))
    cuts = np.unique(starts[after[after < len(starts)]]).tolist()
    return [slice(start, stop) for start, stop in pairwise([0, *cuts, len(row)])]


def spread(columns: Columns, episodes: Episodes, per_episode: Floats) -> Floats:
    """Give every trained row its episode's value, and the others 0."""
    return np.where(columns.trained, per_episode[episodes.of_row], 0.0)


def episode_advantages(columns: Columns, *, norm: Norm, weighting: Weighting, singleton: Singleton) -> Floats:
    """Episode advantage, Eq. 3 of GiGPO: the undiscounted return of the row's episode compared with its group.

    ``trajectory`` takes one sample per episode (the paper). ``step`` takes one per trained row, so that an episode of
    ten steps weighs ten times one of a single step (what verl-agent runs by default). A group of one episode is a
    singleton under both weightings.
    """
    episodes = episodes_of(columns)
    per_episode = normalise(episodes.score, episodes.group, episodes.num_groups, norm=norm, singleton=singleton)
    if weighting is Weighting.TRAJECTORY:
        return spread(columns, episodes, per_episode)
    alone = episodes.size == 1
    result = np.zeros(len(columns), dtype=np.float64)
    rows = np.flatnonzero(columns.trained)
    of_row = episodes.of_row[rows]
    group = episodes.group[of_row]
    per_row = normalise(episodes.score[of_row], group, episodes.num_groups, norm=norm)
    result[rows] = np.where(alone[group], per_episode[of_row], per_row)
    return result
