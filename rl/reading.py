"""What a model, and its reference, say of the rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clickwright.rl.batching import MicroBatch, Row, Scored, micro_batches, score, token_offsets
from clickwright.rl.losses import Loss


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePlan:
    """How a batch of rows is gone through.

    Attributes:
        epochs: Passes over the rows.
        num_minibatches: Optimiser steps per pass.
        micro_tokens: Padded tokens per forward pass; changes speed and memory, not the result.
        max_grad_norm: Longest gradient an optimiser step may take.
        temperature: Temperature the completions were sampled at.
        banned_ids: Ids the sampler may never draw.
    """

    epochs: int = 1
    num_minibatches: int = 1
    micro_tokens: int = 4_096
    max_grad_norm: float = 1.0
    temperature: float = 1.0
    banned_ids: tuple[int, ...] = ()


class Reader:
    """A model and its reference, asked about micro-batches.

    Args:
        model: The weights being trained.
        reference: Weights the loss measures a distance from, when it does.
        loss: Says what has to be read.
        plan: Temperature, banned ids, size of micro-batches.
    """

    def __init__(
        self, model: torch.nn.Module, reference: torch.nn.Module | None, loss: Loss, *, plan: UpdatePlan
    ) -> None:
        self.model, self.reference, self.loss, self.plan = model, reference, loss, plan
        self.device = next(model.parameters()).device
        ids = plan.banned_ids
        self.banned = torch.tensor(ids, dtype=torch.long, device=self.device) if ids else None

    def read(self, batch: MicroBatch) -> tuple[Scored, torch.Tensor | None]:
        """The model's word, with a gradient, and the reference's log-probabilities when the loss needs them.

        Raises:
            ValueError: It needs them, and there is no reference.
        """
        return self.read_model(batch), self._reference(batch)

    def read_model(self, batch: MicroBatch) -> Scored:
        """The model's word, with a gradient."""
        return score(
            self.model,
            batch,
            temperature=self.plan.temperature,
            banned=self.banned,
            entropy_gradient=self.loss.needs_entropy,
        )

    def read_all(self, batches: Sequence[MicroBatch]) -> tuple[Scored, torch.Tensor | None]:
        """The same for all micro-batches of a batch, in the flat token order, without a gradient."""
        read = list[Scored]()
        references = list[torch.Tensor]()
        with torch.no_grad():
            for batch in batches:
                read.append(self.read_model(batch))
                reference = self._reference(batch)
                if reference is not None:
                    references.append(reference)
        places = torch.cat([batch.tokens for batch in batches]).argsort().to(self.device)
        whole = Scored(*(torch.cat(parts)[places] for parts in zip(*read, strict=True)))
        return whole, torch.cat(references)[places] if references else None

    def logprobs_of(self, rows: Sequence[Row]) -> list[torch.Tensor]:
        """The model's log-probabilities of each row's completion, without a gradient; no reference is read."""
        batches = micro_batches(rows, max_tokens=self.plan.micro_tokens)
        if not batches:
            return []
        with torch.no_grad():
            read = torch.cat([self.read_model(batch).logprobs for batch in batches])
        places = torch.cat([batch.tokens for batch in batches]).argsort().to(self.device)
        return list(read[places].cpu().split(token_offsets(rows).diff().tolist()))

    def _reference(self, batch: MicroBatch) -> torch.Tensor | None:
        if not self.loss.needs_reference:
            return None
        if self.reference is None:
            raise ValueError("this loss measures the distance from a reference: give its model")
        with torch.no_grad():
            return score(self.reference, batch, temperature=self.plan.temperature, banned=self.banned).logprobs
