"""The contract of a preference loss: two completions of one prompt, one better, in; one differentiable number out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch

from clickwright.agents.codecs.turn import Part
from clickwright.rl.losses.base import LossOutput
from clickwright.rl.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class PairScores:
    """Completions of one micro-batch of pairs; every tensor has shape ``[num_pairs]``.

    Attributes:
        chosen: Log-probability of the better completion, summed over its tokens that count; carries the gradient.
        rejected: The same of the worse one.
        ref_chosen: Of the better one under the reference weights.
        ref_rejected: Of the worse one under the reference weights.
        chosen_length: Tokens of the better one that count.
        weight: What each pair counts in the whole batch.
    """

    chosen: torch.Tensor
    rejected: torch.Tensor
    ref_chosen: torch.Tensor
    ref_rejected: torch.Tensor
    chosen_length: torch.Tensor
    weight: torch.Tensor


class PreferenceLoss(Protocol):
    """An objective on pairs."""

    @property
    def stage(self) -> Part | None:
        """The part of a completion whose tokens count; ``None`` for all of them."""

    def __call__(self, pairs: PairScores) -> LossOutput:
        """Evaluate the objective; its measurements are summed over the pairs."""


PREFERENCE_LOSSES: Registry[PreferenceLoss] = Registry("preference loss")
