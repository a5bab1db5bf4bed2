"""DisCO: tell the successes of a group from its failures, without a bias for tasks of middling difficulty.

    s(i)  = mean_t log pi(t)  ("logl")   or   mean_t pi(t) / pi_old(t)  ("ratio")          per episode i
    gain  = mean_{i right} s(i) - tau * log mean_{j wrong} exp(s(j) / tau)                  (tau = 0: - mean_j s(j))
    KL    = mean over the group's tokens of  w - log w - 1,   w = pi / pi_old
    loss  = mean over groups of  -gain + penalty * stop_gradient(max(0, KL - delta)) * KL

A group without a success or without a failure has no gain. ``tau = 0`` is DisCO-b. The hold is per group, so that
the loss is a sum over groups.

Source: Li et al., DisCO (arXiv 2505.12366); Optimization-AI/DisCO ``verl/trainer/ppo/core_algos.py`` (delta 1e-4).
Unchecked: tau = 1 and penalty = 1000 are not from the paper; the release holds the KL of a micro-batch, not of a group.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, Unit, placed
from clickwright.rl.losses.episodes import episode_terms
from clickwright.rl.losses.ratio import exp
from clickwright.rl.losses.sums import means_by, sums_by
from clickwright.rl.registry import Options as PluginOptions


@LOSSES.register("disco")
class Disco(Plain):
    """Discriminative: raise the scores of successes over those of failures."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            score: ``logl`` or ``ratio``.
            tau: Temperature that lets the worst-told failures count most; 0 counts all alike.
            delta: KL per token that a group may have freely.
            penalty: How strongly more of it is held down.
        """

        score: Literal["logl", "ratio"] = "logl"
        tau: Annotated[float, Field(ge=0.0)] = 1.0
        delta: Annotated[float, Field(ge=0.0)] = 1e-4
        penalty: Annotated[float, Field(ge=0.0)] = 1_000.0

    unit = Unit.GROUP
    reads = Reads.SCORES

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        options, episodes = self.options, episode_terms(tokens)
        num = episodes.num_groups
        log_ratio = tokens.logprobs - tokens.old_logprobs
        score = episodes.mean(tokens.logprobs if options.score == "logl" else exp(log_ratio))
        here = episodes.length > 0
        right, wrong = here & episodes.success, here & ~episodes.success
        num_right, num_wrong = (sums_by(side.to(score.dtype), episodes.group, num) for side in (right, wrong))
        better = means_by(score[right], episodes.group[right], num)
        worse = self._worse(score[wrong], episodes.group[wrong], num)
        gain = torch.where((num_right > 0) & (num_wrong > 0), better - worse, torch.zeros_like(better))
        distance = means_by(exp(log_ratio) - log_ratio - 1.0, placed(tokens).group, num)
        hold = options.penalty * (distance.detach() - options.delta).clamp(min=0.0) * distance
        group = placed(tokens).group
        sums = {
            "gain": gain.detach()[group].sum(),
            "kl_old": distance.detach()[group].sum(),
            "entropy": tokens.entropy.detach().sum(),
        }
        return LossOutput(loss=(hold - gain).sum() / max(num, 1), sums=sums)

    def _worse(self, score: torch.Tensor, group: torch.Tensor, num: int) -> torch.Tensor:
        """What the failures of each group score, as one number."""
        tau = self.options.tau
        if not tau:
            return means_by(score, group, num)
        highest = torch.full((num,), -torch.inf, dtype=score.dtype, device=score.device)
        highest = highest.scatter_reduce(0, group, score.detach(), reduce="amax")
        highest = torch.where(torch.isfinite(highest), highest, torch.zeros_like(highest))
        mean = means_by(torch.exp((score - highest[group]) / tau), group, num)
        # A group without failures has mean 0 and no gain; 1 keeps its logarithm finite.
        return highest + tau * torch.log(torch.where(mean > 0, mean, torch.ones_like(mean)))
