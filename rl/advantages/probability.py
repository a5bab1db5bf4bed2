"""Advantage reweighting (AR): tokens that were improbable count less, since their gradients are the largest.

    A'_t = (alpha * pi_old(o_t) + 1 - alpha) * A_t

Source: Yang et al., "Do Not Let Low-Probability Tokens Over-Dominate in RL for LLMs" (arXiv 2505.12929);
zhyang2226/AR-Lopti ``verl/trainer/ppo/ray_trainer.py`` (alpha 0.2 alone, 0.3 with Lopti).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import MULTIPLIERS
from clickwright.rl.advantages.columns import Columns, Floats, Need, given
from clickwright.rl.registry import Options as PluginOptions


@MULTIPLIERS.register("probability")
class Probability:
    """Weigh each token's advantage by the probability it was sampled with."""

    needs = frozenset({Need.TOKENS})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            alpha: How much of the advantage depends on the probability.
        """

        alpha: Annotated[float, Field(ge=0.0, le=1.0)] = 0.2

    def __init__(self, options: Options) -> None:
        self.options = options

    def scale(self, columns: Columns) -> Floats:
        """One factor per token."""
        alpha = self.options.alpha
        return alpha * np.exp(given(columns.tokens, "tokens").logprob) + 1.0 - alpha
