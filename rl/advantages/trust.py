"""Trust-weighted judge reward: what a judge gave counts less where it prefers the wrong answers, and less with time.

    mu_c, mu_w = mean of the judge's reward over the right and over the wrong episodes of the group
    trust      = exp(mu_c - mu_w) where mu_c < mu_w, else 1
    R_i        = R_outcome,i + weight * exp(-iteration / anneal) * trust * R_judge,i

``R_judge`` is a named reward part, the largest over the episode's steps, added to its last step. It is one of the
environment's, or what a scorer of ``train.rewards`` gave, by its name; with ``weight = 0`` there it counts here alone.
It counts only in groups with right and wrong episodes: of a group where all or none succeed, nobody can say whether the
judge is right.

Source: Fan et al., SophiaVL-R1 (arXiv 2505.17018); kxfan2002/SophiaVL-R1 ``verl/workers/reward/custom.py`` (weight 0.3,
anneal 500). The release leaves out groups of which at least 0.9 or at most 0.1 is right, and asks the judge only about
answers with an outcome of at least 0.2; here any mixed group counts, with whatever the judge was asked about.
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


@EDITORS.register("trust")
class Trust:
    """Add a judge's reward as far as it agrees with the outcomes."""

    needs = frozenset({Need.SUCCESS})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            part: Reward part that holds what the judge gave.
            weight: What it counts at the first iteration.
            anneal: Iterations after which it counts 1/e of that.
        """

        part: str = "judge"
        weight: Annotated[float, Field(gt=0.0)] = 0.3
        anneal: Annotated[float, Field(gt=0.0)] = 500.0

    def __init__(self, options: Options) -> None:
        self.options = options

    def edit(self, columns: Columns, *, iteration: int) -> Columns:
        """Add to the last step of every episode of a mixed group."""
        options, episodes = self.options, episodes_of(columns)
        right = episodes.first(given(columns.success, "success")).astype(np.bool_)
        judged = np.zeros(len(right), dtype=np.float64)
        np.maximum.at(judged, episodes.of_row, np.nan_to_num(part_of(columns, options.part), nan=0.0))
        count, mean = [], []
        for side in (right, ~right):
            number = np.bincount(episodes.group[side], minlength=episodes.num_groups)
            total = np.bincount(episodes.group[side], weights=judged[side], minlength=episodes.num_groups)
            count.append(number)
            mean.append(total / np.maximum(number, 1))
        mixed = (count[0] > 0) & (count[1] > 0)
        trust = np.where(mixed, np.exp(np.minimum(mean[0] - mean[1], 0.0)), 0.0)
        factor = options.weight * np.exp(-iteration / options.anneal) * trust
        last = np.ones(len(columns), dtype=np.bool_)
        last[:-1] = columns.episode[1:] != columns.episode[:-1]
        gained = factor[episodes.group] * judged
        return replace(columns, reward=columns.reward + np.where(last, gained[episodes.of_row], 0.0))
