"""Share-GRPO: the score compared with the whole group, and once more with those who were given the same variant.

    A_i = z(s_i; group) + z(s_i; members of the group with the variant of i)

``z`` is the norm of ``grpo``. A member that is alone with its variant has no local term. The rows of a member after the
prompts of other variants, which the guide ``share_variants`` adds, get the first term alone (part ``global``).

Source: R1-ShareVL (arXiv 2505.16673), HJYao00/R1-ShareVL ``core_algos.py``.
Unchecked: the number of the paper; and that code takes the deviation over rows, in which every answer stands once for
each variant, which makes it a little smaller.
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns, Need, given
from clickwright.rl.advantages.episode import episodes_of, spread
from clickwright.rl.advantages.segments import Norm, dense, normalise
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("share_grpo")
class ShareGrpo:
    """Score against the group and, once more, against the members with the same variant of the task."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            norm: ``mean_norm`` or ``mean_std_norm``.
        """

        norm: Norm = Norm.MEAN_STD

    needs = frozenset({Need.VARIANT})

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with both terms of its episode."""
        episodes, norm = episodes_of(columns), self.options.norm
        variant = episodes.first(given(columns.variant, "variant"))
        local, num_local = dense(episodes.group * (int(variant.max(initial=0)) + 1) + variant)
        whole = normalise(episodes.score, episodes.group, episodes.num_groups, norm=norm)
        own = normalise(episodes.score, local, num_local, norm=norm)
        parts = {"global": spread(columns, episodes, whole), "local": spread(columns, episodes, own)}
        return Advantages(total=np.asarray(parts["global"] + parts["local"], dtype=np.float64), parts=parts)
