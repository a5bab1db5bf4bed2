"""CISPO: the weight is clipped, not the update, so that every token keeps a gradient.

    L = -stop_gradient(clip(rho, 1 - clip_low, 1 + clip_high)) * A * log pi(token)

Source: MiniMax, MiniMax-M1 (arXiv 2506.13585), Eq. 4 and 5.
Unchecked: the equation numbers, and the range: 1 and 4 here let the ratio go from 0 to 5.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, Tokens
from clickwright.rl.losses.ratio import RatioLoss, RatioOptions, exp


@LOSSES.register("cispo")
class Cispo(RatioLoss):
    """Policy gradient with a clipped importance weight."""

    class Options(RatioOptions):
        """Settings.

        Attributes:
            clip_low: How far the weight may fall below 1.
            clip_high: How far it may rise above 1.
        """

        clip_low: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0
        clip_high: Annotated[float, Field(gt=0.0)] = 4.0

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """The weighted log-likelihood of each token."""
        ratio = exp(log_ratio).detach()
        weight = ratio.clamp(1.0 - self.options.clip_low, 1.0 + self.options.clip_high)
        sums["clip_weight"] = (weight != ratio).sum()
        return -weight * tokens.advantages * tokens.logprobs
