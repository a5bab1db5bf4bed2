"""Supervised imitation: ``loss = sum_token weight * -log pi(token)``.

Source: maximum likelihood, as in every language model's training.
"""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from clickwright.rl.losses.aggregate import Aggregation
from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens
from clickwright.rl.registry import Options as PluginOptions


class SupervisedOptions(PluginOptions):
    """Settings.

    Attributes:
        aggregation: How token losses become one number; ``constant`` is not offered.
    """

    aggregation: Aggregation = Aggregation.TOKEN_MEAN

    @model_validator(mode="after")
    def _no_constant(self) -> Self:
        if self.aggregation is Aggregation.CONSTANT:
            raise ValueError("the sft loss has no constant_length: use token-mean or a seq-mean aggregation")
        return self


@LOSSES.register("sft")
class Sft(Plain):
    """Negative log-likelihood of the completion."""

    class Options(SupervisedOptions):
        """Settings.

        Attributes:
            aggregation: How token losses become one number; ``constant`` is not offered.
        """

    reads = Reads.NOTHING
    imitates = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self.aggregation = options.aggregation

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        nll = -tokens.logprobs
        sums = {"nll": nll.detach().sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=(tokens.weights * nll).sum(), sums=sums)
