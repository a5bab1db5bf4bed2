"""RLOO: the episode's score less the mean score of the others of its group.

    A_i = s_i - 1/(n-1) * sum_{j != i} s_j  =  n/(n-1) * (s_i - mean(s))

Unbiased, since the baseline does not depend on episode i. A group of one gives 0.

Source: Ahmadian et al., "Back to Basics" (arXiv 2402.14740); Kool et al. (2019).
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns
from clickwright.rl.advantages.episode import episodes_of, spread
from clickwright.rl.advantages.segments import Norm, normalise
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("rloo")
class Rloo:
    """Score less the mean of the others, leaving the episode itself out."""

    class Options(PluginOptions):
        """There are none."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with its episode's advantage."""
        episodes = episodes_of(columns)
        centred = normalise(episodes.score, episodes.group, episodes.num_groups, norm=Norm.MEAN)
        scale = episodes.size / np.maximum(episodes.size - 1, 1)
        return Advantages(total=spread(columns, episodes, centred * scale[episodes.group]))
