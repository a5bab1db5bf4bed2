"""UFT: PPO on what the policy sampled, and a small likelihood term on what an expert did before it took over.

    loss = PPO over sampled tokens + demonstration_coef * (-log pi) over demonstrated tokens

Each of the two is aggregated over its own tokens. Demonstrated rows are those without behaviour log-probabilities.

Source: Liu et al., UFT (arXiv 2505.16984); liumy2010/UFT ``run.py`` (coefficient 0.001).
Unchecked: that the likelihood term has a normaliser of its own.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, Tokens, placed
from clickwright.rl.losses.ppo import Ppo


@LOSSES.register("uft")
class Uft(Ppo):
    """PPO plus a small likelihood term on demonstrated steps."""

    class Options(Ppo.Options):
        """Settings.

        Attributes:
            demonstration_coef: Weight of the likelihood term.
        """

        demonstration_coef: Annotated[float, Field(gt=0.0)] = 0.001

    imitates = True

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.demonstration_coef = options.demonstration_coef

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """PPO or likelihood, by who wrote the token."""
        shown = placed(tokens).demonstrated
        ppo = super().surrogate(tokens, torch.where(shown, torch.zeros_like(log_ratio), log_ratio), sums)
        nll = -tokens.logprobs
        sums["demonstration_nll"] = torch.where(shown, nll, torch.zeros_like(nll)).detach().sum()
        return torch.where(shown, self.demonstration_coef * nll, ppo)
