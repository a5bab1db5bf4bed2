"""OPO: the baseline that makes the gradient's variance least, for exact on-policy training.

    b   = sum_i |o_i| * s_i / sum_i |o_i|
    A_i = s_i - b

The optimum weighs scores with squared gradient norms; taking those as proportional to length gives the above. ``|o_i|``
counts the tokens that the policy wrote in all trained rows of the episode, or those rows (``weight``); the sums go over
the group, or over the batch (``scope``). No deviation, no KL, no entropy term. The derivation holds for one optimiser
step per batch, so ``strict_on_policy`` refuses recipes that take more.

Source: Hao et al., "On-Policy RL with Optimal Reward Baseline" (arXiv 2505.23585); microsoft/LMOps
``opo/verl/trainer/ppo/core_algos.py``.
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns, given
from clickwright.rl.advantages.episode import episodes_of, spread
from clickwright.rl.registry import Options as PluginOptions


class Length(StrEnum):
    """How long an episode is."""

    TOKENS = "tokens"
    STEPS = "steps"


class Scope(StrEnum):
    """Who shares a baseline."""

    GROUP = "group"
    BATCH = "batch"


@ESTIMATORS.register("opo")
class Opo:
    """Score less the length-weighted mean of the group or the batch."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            weight: Length in ``tokens`` or in ``steps``.
            scope: One baseline per ``group`` or for the whole ``batch``.
            strict_on_policy: Whether a recipe must take exactly one optimiser step per batch.
        """

        weight: Length = Length.TOKENS
        scope: Scope = Scope.GROUP
        strict_on_policy: bool = True

    def __init__(self, options: Options) -> None:
        self.options = options

    @property
    def strict_on_policy(self) -> bool:
        """Whether more than one optimiser step per batch is refused."""
        return self.options.strict_on_policy

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with its episode's advantage."""
        options, episodes = self.options, episodes_of(columns)
        tokens = given(columns.num_tokens, "num_tokens") if options.weight is Length.TOKENS else 1
        counted = np.where(columns.trained, tokens, 0)
        length = np.bincount(episodes.of_row, weights=counted, minlength=len(episodes.score))
        shared = options.scope is Scope.BATCH
        group = np.zeros_like(episodes.group) if shared else episodes.group
        num_groups = min(1, len(episodes.score)) if shared else episodes.num_groups
        # Shifted by one member, a group of equal scores gives exactly 0.
        first = np.zeros(num_groups, dtype=np.float64)
        first[group[::-1]] = episodes.score[::-1]
        shifted = episodes.score - first[group]
        total = np.bincount(group, weights=length, minlength=num_groups)
        baseline = np.bincount(group, weights=length * shifted, minlength=num_groups) / np.maximum(total, 1.0)
        return Advantages(total=spread(columns, episodes, shifted - baseline[group]))
