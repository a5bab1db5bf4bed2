"""Identity: ``f(v) = v``.

Source: nothing to cite; the values are added as they are.
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.columns import Floats
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.forms.base import FORMS, Values


@FORMS.register("identity")
class Identity:
    """The values as they are."""

    class Options(PluginOptions):
        """None."""

    of_states = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, values: Values) -> Floats:
        """The values; 0 where there is none."""
        return np.nan_to_num(values.value, nan=0.0)
