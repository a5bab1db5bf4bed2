"""No credit: for a loss that reads the scores of the episodes itself, and so would leave every advantage unread.

    A = 0

Source: this project.
"""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("none")
class Nothing:
    """Leave credit to the loss: gvpo, disco, tbrm, dgro and the supervised controls."""

    class Options(PluginOptions):
        """There are none."""

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Nothing, for every row."""
        return Advantages(total=np.zeros(len(columns), dtype=np.float64))
