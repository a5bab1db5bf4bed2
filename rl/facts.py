"""What is known of the tokens of a batch before a model reads them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch

from clickwright.rl.batching import Row, Scored, token_offsets
from clickwright.rl.losses import Loss, Places, Tokens, token_weights


class Chosen(StrEnum):
    """Which tokens of a batch count: all, or those on one side of the loss's ``split_probability``."""

    ALL = "all"
    IMPROBABLE = "improbable"
    PROBABLE = "probable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One entry per completion token of a batch, in the flat token order; see ``Tokens``."""

    weights: torch.Tensor
    old_logprobs: torch.Tensor
    advantages: torch.Tensor
    sampled_logprobs: torch.Tensor | None
    places: Places

    @property
    def num_tokens(self) -> int:
        """How many there are."""
        return len(self.weights)

    def tokens(self, place: torch.Tensor, scored: Scored, ref_logprobs: torch.Tensor | None) -> Tokens:
        """Some of the tokens, by their place, with what models say of them."""
        place = place.to(self.weights.device)
        sampled, places = self.sampled_logprobs, self.places
        return Tokens(
            logprobs=scored.logprobs,
            weights=self.weights[place],
            old_logprobs=self.old_logprobs[place],
            advantages=self.advantages[place],
            entropy=scored.entropy,
            ref_logprobs=ref_logprobs,
            sampled_logprobs=None if sampled is None else sampled[place],
            log_normaliser=scored.log_normaliser,
            places=Places(
                row=places.row[place],
                episode=places.episode[place],
                group=places.group[place],
                score=places.score[place],
                success=places.success[place],
                demonstrated=places.demonstrated[place],
                num_episodes=places.num_episodes,
                num_groups=places.num_groups,
            ),
        )


def facts_of(
    rows: Sequence[Row],
    loss: Loss,
    *,
    device: torch.device,
    chosen: Chosen = Chosen.ALL,
    recomputed: torch.Tensor | None = None,
) -> Facts:
    """Lay rows out as tokens; demonstrated tokens and sampled ones are weighed among themselves.

    Raises:
        ValueError: The loss asks for recomputed log-probabilities, and there are none.
    """
    if loss.needs_recomputed and recomputed is None:
        raise ValueError("this loss compares the sampler with the trainer: give the trainer's log-probabilities")
    lengths = token_offsets(rows).diff()

    def each(value: Callable[[Row], float], dtype: torch.dtype = torch.float32) -> torch.Tensor:
        return torch.repeat_interleave(torch.tensor([value(row) for row in rows], dtype=dtype), lengths)

    demonstrated = each(lambda row: not row.old_logprobs, torch.bool)
    weights = torch.zeros(int(lengths.sum()))
    for shown in (False, True):
        own = torch.tensor([len(row.completion_ids) if (not row.old_logprobs) is shown else 0 for row in rows])
        side = demonstrated == shown
        if side.any():
            weights[side] = token_weights(own, loss.aggregation, constant_length=loss.constant_length)
    old = torch.tensor([p for row in rows for p in (row.old_logprobs or (0.0,) * len(row.completion_ids))])
    if chosen is not Chosen.ALL:
        improbable = old.exp() < loss.split_probability
        weights = weights * (improbable if chosen is Chosen.IMPROBABLE else ~improbable)
    credit = [a for row in rows for a in (row.advantages or (row.advantage,) * len(row.completion_ids))]
    episode, group = (_numbered([getattr(row, name) for row in rows]) for name in ("episode", "group"))
    return Facts(
        weights=weights.to(device),
        old_logprobs=(old if recomputed is None else recomputed).to(device),
        advantages=torch.tensor(credit, dtype=torch.float32).to(device),
        sampled_logprobs=None if recomputed is None else old.to(device),
        places=Places(
            row=torch.repeat_interleave(torch.arange(len(rows)), lengths).to(device),
            episode=torch.repeat_interleave(torch.tensor(episode, dtype=torch.long), lengths).to(device),
            group=torch.repeat_interleave(torch.tensor(group, dtype=torch.long), lengths).to(device),
            score=each(lambda row: row.score).to(device),
            success=each(lambda row: row.success, torch.bool).to(device),
            demonstrated=demonstrated.to(device),
            num_episodes=len(set(episode)),
            num_groups=len(set(group)),
        ),
    )


def _numbered(names: Sequence[int]) -> list[int]:
    """Numbers from 0 in the order of first appearance."""
    seen: dict[int, int] = {}
    return [seen.setdefault(name, len(seen)) for name in names]
