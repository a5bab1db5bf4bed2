"""Signed SFT, a control: imitate the tries that succeeded, unlearn the others.

    loss = sum_token weight * sign * -log pi(token),   sign = 1 for a success, -negative for a failure

The second half has no lower bound: keep ``negative`` or the learning rate small.

Source: Samineni et al., "RL in Name Only?" (arXiv 2505.13697): iterative SFT on signed samples as a control for GRPO.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, placed
from clickwright.rl.losses.sft import SupervisedOptions


@LOSSES.register("signed_sft")
class SignedSft(Plain):
    """Imitate successes and unlearn failures."""

    class Options(SupervisedOptions):
        """Settings: those of ``sft``, and one more.

        Attributes:
            negative: What a failure counts against a success.
        """

        negative: Annotated[float, Field(ge=0.0)] = 1.0

    reads = Reads.SCORES
    equal_scores_teach = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self.aggregation = options.aggregation

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        nll = -tokens.logprobs
        sign = torch.where(placed(tokens).success, 1.0, -self.options.negative)
        sums = {"signed_nll": (sign * nll).detach().sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=(tokens.weights * sign * nll).sum(), sums=sums)
