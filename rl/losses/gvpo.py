"""GVPO: the implicit reward of every member of a group, less the group's mean, is drawn to its reward less the mean.

    R_i  = beta * sum_t (log pi(t) - log pi_old(t))         over the tokens of episode i
    loss = mean over groups of  1 / (2 * (k - 1)) * sum_i ((R_i - mean(R)) - (s_i - mean(s)))^2

``mean(R)`` carries no gradient, as in the released code. It holds for whatever policy sampled, so replayed and
demonstrated episodes may be members, given their log-probabilities. ``length_norm`` divides R_i by the episode's
tokens: sums over whole episodes grow large. A group of one gives 0.

Source: Zhang et al., GVPO (arXiv 2504.19599); jszkc/GVPO ``gvpo_core_algos.py`` (beta 0.1).
Unchecked: ``length_norm`` is this project's.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, Unit
from clickwright.rl.losses.episodes import episode_terms
from clickwright.rl.losses.sums import sums_by
from clickwright.rl.registry import Options as PluginOptions


@LOSSES.register("gvpo")
class Gvpo(Plain):
    """Regression of implicit rewards on rewards, within a group."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            beta: How much a log-ratio counts as reward.
            length_norm: Whether the log-ratio of an episode is divided by its tokens.
        """

        beta: Annotated[float, Field(gt=0.0)] = 0.1
        length_norm: bool = False

    unit = Unit.GROUP
    reads = Reads.SCORES

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        episodes = episode_terms(tokens)
        here = (episodes.length > 0).to(tokens.logprobs.dtype)
        log_ratio = tokens.logprobs - tokens.old_logprobs
        gathered = episodes.mean(log_ratio) if self.options.length_norm else episodes.total(log_ratio)
        implicit = self.options.beta * gathered
        target = episodes.score - episodes.group_mean(episodes.score)
        missed = here * (implicit - episodes.group_mean(implicit.detach()) - target)
        size = sums_by(here, episodes.group, episodes.num_groups)
        scale = 0.5 / (size - 1.0).clamp(min=1.0) * (size > 1) / episodes.num_groups
        sums = {"implicit_reward": implicit.detach()[episodes.of_token].sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=(scale[episodes.group] * missed**2).sum(), sums=sums)
