"""MaxRL: the episode's score compared with its group and divided by the group's mean, which is its success rate.

    A_i = (s_i - mean(s)) / mean(s)

The division turns the gradient of the success rate into that of its logarithm, so that hard tasks count more. Made for
scores of 0 and 1; a group whose mean is not above ``1e-6`` (nothing succeeded, or penalties outweigh it) gives 0.

Source: Tajwar et al., "Maximum Likelihood Reinforcement Learning" (arXiv 2602.02710).
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns
from clickwright.rl.advantages.episode import episodes_of, spread
from clickwright.rl.advantages.segments import EPS, Norm, normalise
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("maxrl")
class MaxRl:
    """Relative distance from the group's mean: the gradient of the log success rate."""

    class Options(PluginOptions):
        """There are none."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with its episode's advantage."""
        episodes = episodes_of(columns)
        mean = episodes.group_mean(episodes.score)
        centred = normalise(episodes.score, episodes.group, episodes.num_groups, norm=Norm.MEAN)
        factor = np.where(mean > EPS, 1.0 / np.maximum(mean, EPS), 0.0)
        return Advantages(total=spread(columns, episodes, centred * factor[episodes.group]))
