"""Dr. GRPO: the episode's score less the mean of its group, without the division that favours easy and hard tasks.

    A_i = s_i - mean(s)

This is half of the method: the other half sums token losses and divides them by a constant instead of a row's length,
so it goes with ``aggregation = "constant"``, and a recipe with another one is refused.

Source: Liu et al., "Understanding R1-Zero-Like Training" (arXiv 2503.20783), section 3.
"""

from __future__ import annotations

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns
from clickwright.rl.advantages.episode import Weighting, episode_advantages
from clickwright.rl.advantages.segments import Norm, Singleton
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("dr_grpo")
class DrGrpo:
    """Score less the group's mean, for a loss without a length bias."""

    class Options(PluginOptions):
        """There are none."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with its episode's advantage."""
        total = episode_advantages(columns, norm=Norm.MEAN, weighting=Weighting.TRAJECTORY, singleton=Singleton.ZERO)
        return Advantages(total=total)
