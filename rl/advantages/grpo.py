"""GRPO: every step of an episode gets the episode's score compared with its group.

    A_i = s_i - mean(s)                          (mean_norm)
    A_i = (s_i - mean(s)) / (std(s) + 1e-6)      (mean_std_norm, ddof = 1)

``s_i`` is the undiscounted sum of the episode's rewards, penalties included.

Source: Shao et al., DeepSeekMath (arXiv 2402.03300), section 4.1; per-step rows as in verl-agent.
"""

from __future__ import annotations

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns
from clickwright.rl.advantages.episode import Weighting, episode_advantages
from clickwright.rl.advantages.segments import Norm, Singleton
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("grpo")
class Grpo:
    """Score against the group: every step of an episode gets the same."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            norm: ``mean_norm`` or ``mean_std_norm``.
            weighting: One sample per ``trajectory`` or per ``step``.
            singleton: What the only member of a group gets: ``zero`` (nothing can be said), or its ``raw`` score, as
                verl-agent does.
        """

        norm: Norm = Norm.MEAN_STD
        weighting: Weighting = Weighting.TRAJECTORY
        singleton: Singleton = Singleton.ZERO

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with its episode's advantage."""
        total = episode_advantages(columns, **dict(self.options))
        return Advantages(total=total)
