"""TBRM: one Bellman residual for a whole episode, with the logits as Q; no critic, no ratio, no clip.

    V(s_1) = log sum_a exp(logit(s_1, a))        at the first token of the episode
    loss   = mean over episodes of (V(s_1) + sum_t (log pi(t) - log ref(t)) - s / beta)^2

It is a regression on the score itself, so one episode per task is enough, whoever sampled it, and groups that came out
alike teach too.

Source: Yuan et al., "Trajectory Bellman Residual Minimization" (arXiv 2505.15311).
Unchecked: the telescoped form is from memory; in several steps the sum goes over the policy's tokens of all of them.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, Unit
from clickwright.rl.losses.episodes import episode_terms
from clickwright.rl.registry import Options as PluginOptions


@LOSSES.register("tbrm")
class Tbrm(Plain):
    """Regression of whole episodes on their scores, logits as values."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            beta: What a unit of log-probability is worth in reward.
        """

        beta: Annotated[float, Field(gt=0.0)] = 0.1

    unit = Unit.EPISODE
    reads = Reads.SCORES
    needs_reference = True
    equal_scores_teach = True

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        if tokens.ref_logprobs is None or tokens.log_normaliser is None:
            raise ValueError("tbrm needs ref_logprobs and log_normaliser")
        episodes = episode_terms(tokens)
        here = episodes.length > 0
        place = torch.arange(len(tokens.logprobs), device=tokens.logprobs.device)
        first = torch.full((len(here),), len(place), dtype=torch.long, device=place.device)
        first = first.scatter_reduce(0, episodes.of_token, place, reduce="amin")
        value = tokens.log_normaliser[first[here]]
        moved = episodes.total(tokens.logprobs - tokens.ref_logprobs)[here]
        residual = value + moved - episodes.score[here] / self.options.beta
        loss = (residual**2).sum() / max(len(here), 1)
        spread = residual.detach().new_zeros(len(here))
        spread[here] = residual.detach() ** 2
        sums = {"residual_squared": spread[episodes.of_token].sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=loss, sums=sums)
