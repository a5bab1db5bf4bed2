"""Difficulty weight: the rarer success is in a group, the more its advantages count.

    A' = A * g(p),   p = share of the group's episodes that succeeded
    g  = 1 + scale * (1 - p)  (linear),   exp(scale * (1 - p))  (exponential),   1 + scale * (1 - p) ** 2  (quadratic)

Source: Chen et al., "Unlocking the Potential of Difficulty Prior in RL-based Multimodal Reasoning" (arXiv 2505.13261).
Unchecked: that g falls with p is the paper's; these shapes and their scale are this project's.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import MULTIPLIERS
from clickwright.rl.advantages.columns import Columns, Floats, Need, given
from clickwright.rl.advantages.episode import episodes_of
from clickwright.rl.registry import Options as PluginOptions


@MULTIPLIERS.register("difficulty")
class Difficulty:
    """Weigh hard groups more."""

    needs = frozenset({Need.SUCCESS})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            shape: ``linear``, ``exponential`` or ``quadratic``.
            scale: How much more a group counts in which nothing succeeded.
        """

        shape: Literal["linear", "exponential", "quadratic"] = "linear"
        scale: Annotated[float, Field(gt=0.0)] = 1.0

    def __init__(self, options: Options) -> None:
        self.options = options

    def scale(self, columns: Columns) -> Floats:
        """One factor per row."""
        hard = 1.0 - success_share(columns)
        if self.options.shape == "linear":
            return 1.0 + self.options.scale * hard
        if self.options.shape == "quadratic":
            return 1.0 + self.options.scale * hard**2
        return np.exp(self.options.scale * hard)


def success_share(columns: Columns) -> Floats:
    """Share of the episodes of a row's group that succeeded."""
    episodes = episodes_of(columns)
    success = episodes.first(given(columns.success, "success")).astype(np.float64)
    return episodes.group_mean(success)[episodes.group][episodes.of_row]
