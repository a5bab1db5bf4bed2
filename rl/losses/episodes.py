"""The episodes behind some tokens: what the losses over whole episodes and groups start from."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from clickwright.rl.losses.base import Tokens, placed
from clickwright.rl.losses.sums import counts_by, firsts_by, sums_by


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeTerms:
    """Per episode of the batch, ``[num_episodes]``; an episode without a token here has length 0.

    Attributes:
        of_token: Episode of each token.
        length: Tokens.
        group: Group.
        score: Undiscounted return.
        success: Whether it met its goal.
        num_groups: Groups of the batch.
    """

    of_token: torch.Tensor
    length: torch.Tensor
    group: torch.Tensor
    score: torch.Tensor
    success: torch.Tensor
    num_groups: int

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Sum of a value of tokens over each episode."""
        return sums_by(values, self.of_token, len(self.length))

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        """Mean of it."""
        return self.total(values) / self.length.clamp(min=1.0)

    def group_mean(self, values: torch.Tensor) -> torch.Tensor:
        """Mean of a value of episodes over the group of each episode."""
        here = (self.length > 0).to(values.dtype)
        count = sums_by(here, self.group, self.num_groups).clamp(min=1.0)
        return (sums_by(values * here, self.group, self.num_groups) / count)[self.group]


def episode_terms(tokens: Tokens) -> EpisodeTerms:
    """Gather tokens by episode."""
    places = placed(tokens)
    num = places.num_episodes
    return EpisodeTerms(
        of_token=places.episode,
        length=counts_by(places.episode, num),
        group=firsts_by(places.group, places.episode, num),
        score=firsts_by(places.score, places.episode, num),
        success=firsts_by(places.success, places.episode, num),
        num_groups=places.num_groups,
    )
