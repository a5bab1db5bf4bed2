"""Uncertainty weight: groups that succeed about half of the time count most.

    A' = A * 4 * scale * p * (1 - p),   p = share of the group's episodes that succeeded

A group where all or none succeeded gets 0.

Source: Guo et al., Observe-R1 (arXiv 2505.12432); zrguo/Observe-R1 ``openrlhf`` experience maker.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clickwright.rl.advantages.base import MULTIPLIERS
from clickwright.rl.advantages.columns import Columns, Floats, Need
from clickwright.rl.advantages.difficulty import success_share
from clickwright.rl.registry import Options as PluginOptions


@MULTIPLIERS.register("uncertainty")
class Uncertainty:
    """Weigh groups of middling success most."""

    needs = frozenset({Need.SUCCESS})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            scale: What a group counts in which half of the episodes succeeded.
        """

        scale: Annotated[float, Field(gt=0.0)] = 1.0

    def __init__(self, options: Options) -> None:
        self.options = options

    def scale(self, columns: Columns) -> Floats:
        """One factor per row."""
        share = success_share(columns)
        return 4.0 * self.options.scale * share * (1.0 - share)
