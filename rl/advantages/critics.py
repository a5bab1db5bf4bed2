"""A value for every state without a network: what happened to the others."""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.columns import Columns, Floats, Ints
from clickwright.rl.advantages.episode import episodes_of
from clickwright.rl.advantages.gigpo import anchor_groups
from clickwright.rl.advantages.reinforce_pp import trained_returns
from clickwright.rl.advantages.segments import dense


def others_mean_return(columns: Columns, gamma: float) -> Floats:
    """Mean return of the other episodes of a row's group that visited its state; 0 for rows that are not trained.

    Where no other visited it, the mean over all trained rows of the other episodes; where there is no other episode,
    the row's own return. But for that case no row's value depends on what its own episode earned, so it is a baseline
    without bias.
    """
    rows = np.flatnonzero(columns.trained)
    returns = trained_returns(columns, gamma)
    episodes = episodes_of(columns)
    episode = episodes.of_row[rows]
    state, num_states = anchor_groups(columns, rows)
    by_state, known = _mean_of_others(returns[rows], state, num_states, episode)
    by_group, any_other = _mean_of_others(returns[rows], episodes.group[episode], episodes.num_groups, episode)
    value = np.zeros(len(columns), dtype=np.float64)
    value[rows] = np.where(known, by_state, np.where(any_other, by_group, returns[rows]))
    return value


def _mean_of_others(values: Floats, segment: Ints, num: int, episode: Ints) -> tuple[Floats, np.ndarray]:
    """Mean over the rows of a row's segment that are of other episodes, and whether there are any."""
    pair, num_pairs = dense(segment * (int(episode.max(initial=0)) + 1) + episode)
    count = np.bincount(segment, minlength=num)[segment] - np.bincount(pair, minlength=num_pairs)[pair]
    total = np.bincount(segment, weights=values, minlength=num)[segment]
    total = total - np.bincount(pair, weights=values, minlength=num_pairs)[pair]
    return total / np.maximum(count, 1), count > 0
