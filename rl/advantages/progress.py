"""Progress colouring: in a group where every try failed, the part of the way each one went decides.

    r_last += below * p_i        on the last step of every episode i of a group without a success

``p_i`` is the largest value, in [0, 1], of a named reward part (``progress``) over the steps of episode i. A group with
a success is left as it is, so partial progress never distorts a task that can be solved, and ``below < 1`` keeps the
best failure under a success that earns 1.

Source: Spectral Policy Optimization (arXiv 2505.11595), with the environment's progress in place of an AI judge.
Unchecked: that a failure's score is scaled below that of a success is from memory of the paper.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import EDITORS
from clickwright.rl.advantages.columns import Columns, Need, given
from clickwright.rl.advantages.episode import episodes_of
from clickwright.rl.advantages.parts import part_of
from clickwright.rl.registry import Options as PluginOptions


@EDITORS.register("progress")
class Progress:
    """Reward partial progress in groups where every try failed."""

    needs = frozenset({Need.SUCCESS})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            part: Reward part that says how far an episode got.
            below: What all of the way is worth to an episode that failed.
        """

        part: str = "progress"
        below: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5

    def __init__(self, options: Options) -> None:
        self.options = options

    def edit(self, columns: Columns, *, iteration: int) -> Columns:
        """Add to the last step of every episode of an all-failed group."""
        del iteration
        episodes = episodes_of(columns)
        success = episodes.first(given(columns.success, "success"))
        failed = np.bincount(episodes.group, weights=success, minlength=episodes.num_groups) == 0
        steps = np.nan_to_num(part_of(columns, self.options.part), nan=0.0).clip(0.0, 1.0)
        furthest = np.zeros(len(episodes.score), dtype=np.float64)
        np.maximum.at(furthest, episodes.of_row, steps)
        last = np.ones(len(columns), dtype=np.bool_)
        last[:-1] = columns.episode[1:] != columns.episode[:-1]
        gained = self.options.below * np.where(failed[episodes.group], furthest, 0.0)
        return replace(columns, reward=columns.reward + np.where(last, gained[episodes.of_row], 0.0))
