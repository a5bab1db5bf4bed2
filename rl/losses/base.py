"""The contract of a loss: completion tokens in, one differentiable number and its measurements out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

import torch

from clickwright.rl.losses.aggregate import Aggregation
from clickwright.rl.registry import Registry


class Unit(StrEnum):
    """Rows that a loss must see together: one alone, those of an episode, or those of a group.

    A loss over whole episodes or groups is the sum over any split of a batch that keeps them whole. They need not fit
    into a micro-batch: the trainer takes the gradient with respect to the log-probabilities first, over the whole
    batch, and carries it through the model in micro-batches after that, which gives the same result.
    """

    ROW = "row"
    EPISODE = "episode"
    GROUP = "group"


class Reads(StrEnum):
    """What a loss takes for the worth of what was done."""

    ADVANTAGES = "advantages"
    SCORES = "scores"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where each token belongs, and how that came out; every tensor has shape ``[num_tokens]``.

    Attributes:
        row: Number of its step row in the batch.
        episode: Number of its episode.
        group: Number of its group.
        score: Undiscounted return of its episode.
        success: Whether its episode met the goal.
        demonstrated: Whether nobody sampled it: a demonstration that the policy should imitate.
        num_episodes: Episodes of the whole batch, which a mean over episodes divides by.
        num_groups: Groups of the whole batch.
    """

    row: torch.Tensor
    episode: torch.Tensor
    group: torch.Tensor
    score: torch.Tensor
    success: torch.Tensor
    demonstrated: torch.Tensor
    num_episodes: int
    num_groups: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Completion tokens of one micro-batch, flat; every tensor has shape ``[num_tokens]``.

    Attributes:
        logprobs: Under the weights being trained; carries the gradient.
        weights: What each token counts in the whole batch; see ``aggregate.token_weights``.
        old_logprobs: Under the distribution the token was sampled from; under the trainer's weights at the start of the
            update, when the loss corrects for what sampler and trainer disagree by.
        advantages: Credit of the step the token belongs to.
        entropy: Of the distribution at each token; carries a gradient when the loss asks for one.
        ref_logprobs: Under the reference weights, when the loss asks for them.
        sampled_logprobs: Under the sampler's distribution, when ``old_logprobs`` are the trainer's.
        log_normaliser: Logarithm of the sum of the exponentiated logits at each token; carries the gradient.
        places: Which row, episode and group each token is of.
    """

    logprobs: torch.Tensor
    weights: torch.Tensor
    old_logprobs: torch.Tensor
    advantages: torch.Tensor
    entropy: torch.Tensor
    ref_logprobs: torch.Tensor | None = None
    sampled_logprobs: torch.Tensor | None = None
    log_normaliser: torch.Tensor | None = None
    places: Places | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LossOutput:
    """Result of a loss on some tokens.

    Attributes:
        loss: Sum over the tokens of weight times token loss: the losses of the parts of a batch add up to its loss.
        sums: Measurements summed over the tokens; divide by the number of tokens of the batch.
    """

    loss: torch.Tensor
    sums: Mapping[str, torch.Tensor] = field(default_factory=dict)


class Loss(Protocol):
    """A policy objective."""

    aggregation: Aggregation
    """How token losses become one number."""

    constant_length: int
    """Length that the ``constant`` aggregation divides by."""

    needs_reference: bool
    """Whether ``Tokens.ref_logprobs`` must be given."""

    needs_entropy: bool
    """Whether ``Tokens.entropy`` must carry a gradient."""

    needs_recomputed: bool
    """Whether ``Tokens.old_logprobs`` must be the trainer's own, with the sampler's beside them."""

    unit: Unit
    """Rows that must be seen together."""

    reads: Reads
    """What it takes for the worth of what was done."""

    imitates: bool
    """Whether it has a use for demonstrations among the rows."""

    equal_scores_teach: bool
    """Whether a group teaches something in which all members came out alike."""

    split_probability: float
    """Tokens sampled with less than this get an optimiser step of their own, before the others; 0 for none."""

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""

    def adapt(self, measured: Mapping[str, float]) -> None:
        """Adjust coefficients to the means that an update measured."""

    def state(self) -> dict[str, float]:
        """Coefficients that ``adapt`` has changed, for a checkpoint."""

    def restore(self, state: Mapping[str, float]) -> None:
        """Put them back."""


class Plain:
    """What most losses answer to the questions of ``Loss``: a subclass says only what is different."""

    aggregation = Aggregation.TOKEN_MEAN
    constant_length = 0
    needs_reference = False
    needs_entropy = False
    needs_recomputed = False
    unit = Unit.ROW
    reads = Reads.ADVANTAGES
    imitates = False
    equal_scores_teach = False
    split_probability = 0.0

    def adapt(self, measured: Mapping[str, float]) -> None:
        """Change nothing."""

    def state(self) -> dict[str, float]:
        """Nothing was changed."""
        return {}

    def restore(self, state: Mapping[str, float]) -> None:
        """There is nothing to put back."""


def placed(tokens: Tokens) -> Places:
    """Where the tokens belong.

    Raises:
        ValueError: They come without it.
    """
    if tokens.places is None:
        raise ValueError("this loss looks at whole rows, episodes or groups: it needs Tokens.places")
    return tokens.places


LOSSES: Registry[Loss] = Registry("loss")
