"""REINFORCE++: discounted returns, normalised over the whole batch instead of over the group.

    R_t = r_t + gamma * R_{t+1}                 over the trained rows of an episode
    A_t = (R_t - mean(R)) / (std(R) + 1e-6)     over the trained rows of the batch, ddof = 1

Rows that are not trained pass the return on without discounting it, and what they earned counts for the trained row
before them. ``baseline = "group"`` takes the group's mean score from each episode's score first (REINFORCE++-baseline).

Source: Hu, REINFORCE++ (arXiv 2501.03262); returns over trained positions as in AgentGym-RL.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns, Floats
from clickwright.rl.advantages.episode import episodes_of
from clickwright.rl.advantages.segments import Norm, discounted_returns, normalise
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("reinforce_pp")
class ReinforcePlusPlus:
    """Returns to go, normalised over the batch."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            gamma: Discount per trained step.
            baseline: ``none``, or ``group`` to take the mean score of the group from every return first.
        """

        gamma: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
        baseline: Literal["none", "group"] = "none"

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every trained row with its normalised return."""
        rows = np.flatnonzero(columns.trained)
        returns = trained_returns(columns, self.options.gamma)
        values = returns[rows]
        if self.options.baseline == "group":
            episodes = episodes_of(columns)
            values = values - episodes.group_mean(episodes.score)[episodes.group[episodes.of_row[rows]]]
        total = np.zeros(len(columns), dtype=np.float64)
        total[rows] = normalise(values, np.zeros(len(rows), dtype=np.int64), 1, norm=Norm.MEAN_STD)
        return Advantages(total=total, parts={"return": returns})


def fold_rewards(columns: Columns) -> Floats:
    """Rewards of the trained rows, each with what the rows up to the next trained one earned; 0 elsewhere.

    What an episode earned before its first trained row is left out: no trained row comes before it.
    """
    result = np.zeros(len(columns), dtype=np.float64)
    rows = np.flatnonzero(columns.trained)
    if not len(rows):
        return result
    last = np.searchsorted(rows, np.arange(len(columns)), side="right") - 1
    owner = rows[np.maximum(last, 0)]
    owned = (last >= 0) & (columns.episode[owner] == columns.episode)
    np.add.at(result, owner[owned], columns.reward[owned])
    return result


def trained_returns(columns: Columns, gamma: float) -> Floats:
    """Discounted return of every trained row over the trained rows after it; 0 for the others."""
    result = np.zeros(len(columns), dtype=np.float64)
    rows = np.flatnonzero(columns.trained)
    result[rows] = discounted_returns(fold_rewards(columns)[rows], columns.episode[rows], gamma)
    return result
