"""PPO's clipped objective with an asymmetric range and a dual clip.

    rho = pi(token) / pi_old(token)
    L   = max(-A * rho, -A * clip(rho, 1 - clip_low, 1 + clip_high))
    L   = min(L, -A * dual_clip)                                        where A < 0
    loss = sum_token weight * (L + kl_coef * KL - entropy_coef * H)

Sources: Schulman et al., PPO (arXiv 1707.06347); dual clip: Ye et al. (arXiv 1912.09729); clip-higher: DAPO
(arXiv 2503.14476).
"""

from __future__ import annotations

from typing import Annotated, Self

import torch
from pydantic import Field, model_validator

from clickwright.rl.losses.base import LOSSES, Tokens
from clickwright.rl.losses.ratio import RatioLoss, RatioOptions, exp


def clipped(
    ratio: torch.Tensor, advantages: torch.Tensor, low: float, high: float, sums: dict[str, torch.Tensor]
) -> torch.Tensor:
    """PPO's bound on each token; counts in ``sums`` where it took hold."""
    sums["clip_low"] = ((advantages < 0) & (ratio < 1.0 - low)).sum()
    sums["clip_high"] = ((advantages > 0) & (ratio > 1.0 + high)).sum()
    return torch.maximum(-advantages * ratio, -advantages * ratio.clamp(1.0 - low, 1.0 + high))


@LOSSES.register("ppo")
class Ppo(RatioLoss):
    """Clipped policy gradient."""

    class Options(RatioOptions):
        """Settings.

        Attributes:
            clip_low: How far the ratio may fall below 1.
            clip_high: How far it may rise above 1.
            dual_clip: Bound on the ratio where the advantage is negative; 0 switches it off.
        """

        clip_low: Annotated[float, Field(gt=0.0, le=1.0)] = 0.2
        clip_high: Annotated[float, Field(gt=0.0)] = 0.28
        dual_clip: Annotated[float, Field(ge=0.0)] = 3.0

        @model_validator(mode="after")
        def _consistent(self) -> Self:
            if 0 < self.dual_clip <= 1:
                raise ValueError("dual_clip bounds a ratio from above: give more than 1, or 0 for none")
            return self

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """The clipped objective of each token."""
        options, advantages = self.options, tokens.advantages
        per_token = clipped(exp(log_ratio), advantages, options.clip_low, options.clip_high, sums)
        if options.dual_clip:
            bound = -advantages * options.dual_clip
            hit = (advantages < 0) & (per_token > bound)
            per_token = torch.where(hit, bound, per_token)
            sums["clip_dual"] = hit.sum()
        return per_token
