"""Filtered SFT, a control: imitate the tries that succeeded, forget the others.

    loss = sum_token weight * [success] * -log pi(token)

Weights count all tokens of the batch, so that few successes mean a small step. An algorithm that claims to assign
credit has to beat this with the same sampler.

Source: RAFT, Dong et al. (arXiv 2304.06767); as a control for GRPO: "RL in Name Only?" (arXiv 2505.13697).
"""

from __future__ import annotations

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, placed
from clickwright.rl.losses.sft import SupervisedOptions


@LOSSES.register("filtered_sft")
class FilteredSft(Plain):
    """Imitate successes only."""

    class Options(SupervisedOptions):
        """Settings: those of ``sft``."""

    reads = Reads.SCORES
    equal_scores_teach = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self.aggregation = options.aggregation

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        nll = -tokens.logprobs
        kept = placed(tokens).success.to(nll.dtype)
        sums = {"nll": (kept * nll).detach().sum(), "kept": kept.sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=(tokens.weights * kept * nll).sum(), sums=sums)
