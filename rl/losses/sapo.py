"""SAPO: a smooth gate instead of a clip, steeper where the advantage is negative.

    f = 4 / tau * sigmoid(tau * (rho - 1)),   tau = tau_pos where A > 0, else tau_neg
    L = -A * f

At rho = 1 the gradient is that of the plain policy gradient; away from it, it fades.

Source: Gao et al., SAPO (arXiv 2511.20347); huggingface/trl ``GRPOTrainer``, ``loss_type = "sapo"``.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, Tokens
from clickwright.rl.losses.ratio import RatioLoss, RatioOptions, exp


@LOSSES.register("sapo")
class Sapo(RatioLoss):
    """Policy gradient behind a soft gate."""

    class Options(RatioOptions):
        """Settings.

        Attributes:
            tau_pos: Steepness where the advantage is positive.
            tau_neg: Steepness elsewhere.
        """

        tau_pos: Annotated[float, Field(gt=0.0)] = 1.0
        tau_neg: Annotated[float, Field(gt=0.0)] = 1.05

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """The gated objective of each token."""
        tau = torch.where(tokens.advantages > 0, self.options.tau_pos, self.options.tau_neg)
        gate = torch.sigmoid(tau * (exp(log_ratio) - 1.0))
        return -tokens.advantages * 4.0 / tau * gate
