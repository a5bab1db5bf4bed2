"""Z-score within the group: ``f(v) = (v - mean) / (std + 1e-6)`` over the values of the group (ddof = 1).

A group whose values are all equal, or that has one, gets 0: a judge that sees no difference gives none.

Source: the norm of GRPO: Shao et al., DeepSeekMath (arXiv 2402.03300), section 4.1, applied to a term of the reward.
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.columns import Floats
from clickwright.rl.advantages.segments import Norm, dense, normalise
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.forms.base import FORMS, Values


@FORMS.register("zscore_group")
class ZscoreGroup:
    """Values compared with those of the group."""

    class Options(PluginOptions):
        """None."""

    of_states = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, values: Values) -> Floats:
        """The compared values; 0, the mean, where there is none."""
        result = np.zeros(len(values.value), dtype=np.float64)
        rows = np.flatnonzero(~np.isnan(values.value))
        group, num_groups = dense(values.group[rows])
        result[rows] = normalise(values.value[rows], group, num_groups, norm=Norm.MEAN_STD)
        return result
