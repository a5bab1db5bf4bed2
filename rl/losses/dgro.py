"""DGRO: how strongly rewards pull and how strongly the sampling policy holds are two knobs.

    l_i  = sum_t log pi(t),   d_i = sum_t (log pi(t) - log pi_old(t))       over the tokens of episode i
    loss = mean over groups of the mean over episodes of  -beta1 * (s_i - V) * l_i + beta2 * d_i^2
    V    = mean score of the group

OPMD (Kimi k1.5) is beta1 = 1, beta2 = tau / 2. ``length_norm`` divides both sums by the episode's tokens. Scores with a
wider range learn faster.

Source: Su et al., DGRO (arXiv 2505.12951).
Unchecked: the objective is from a summary of the paper; V as the group's mean and ``length_norm`` are from memory.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clickwright.rl.losses.base import LOSSES, LossOutput, Plain, Reads, Tokens, Unit
from clickwright.rl.losses.episodes import episode_terms
from clickwright.rl.losses.sums import sums_by
from clickwright.rl.registry import Options as PluginOptions


@LOSSES.register("dgro")
class Dgro(Plain):
    """Policy gradient over whole episodes with a quadratic hold on the sampling policy."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            beta1: Pull of the rewards.
            beta2: Hold of the sampling policy.
            length_norm: Whether sums over an episode are divided by its tokens.
        """

        beta1: Annotated[float, Field(gt=0.0)] = 1.0
        beta2: Annotated[float, Field(ge=0.0)] = 0.05
        length_norm: bool = False

    unit = Unit.GROUP
    reads = Reads.SCORES

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        options, episodes = self.options, episode_terms(tokens)
        gather = episodes.mean if options.length_norm else episodes.total
        likelihood = gather(tokens.logprobs)
        distance = gather(tokens.logprobs - tokens.old_logprobs) ** 2
        gain = episodes.score - episodes.group_mean(episodes.score)
        per_episode = -options.beta1 * gain * likelihood + options.beta2 * distance
        here = (episodes.length > 0).to(per_episode.dtype)
        size = sums_by(here, episodes.group, episodes.num_groups).clamp(min=1.0)
        loss = (here * per_episode / size[episodes.group]).sum() / episodes.num_groups
        sums = {"distance": distance.detach()[episodes.of_token].sum(), "entropy": tokens.entropy.detach().sum()}
        return LossOutput(loss=loss, sums=sums)
