"""What a model, and its reference, say of the rows of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clickwright.rl.batching import MicroBatch, Row, Scored, score, token_offsets
from clickwright.rl.losses import Loss
from clickwright.rl.sharing import lay_out
from clickwright.trajectories.records import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePlan:
    """How a batch of rows is gone through.

    Attributes:
        epochs: Passes over the rows.
        num_minibatches: Optimiser steps per pass.
        micro_tokens: Padded tokens per forward pass, shared ones counted once; changes speed and memory, not the
            result.
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

    def lay_out(self, rows: Sequence[Row]) -> list[MicroBatch]:
        """The micro-batches in which whoever is asked reads the rows."""
        also = [] if self.reference is None or not self.loss.needs_reference else [self.reference]
        return lay_out(rows, self.model, *also, max_tokens=self.plan.micro_tokens)

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
        references = [one for batch in batches if (one := self._reference(batch)) is not None]
        places = self._places(batches)
        return self.read_model_all(batches), torch.cat(references)[places] if references else None

    def read_model_all(self, batches: Sequence[MicroBatch]) -> Scored:
        """The model's word on all micro-batches of a batch, in the flat token order, without a gradient."""
        with torch.no_grad():
            read = [self.read_model(batch) for batch in batches]
        places = self._places(batches)
        return Scored(*(torch.cat(parts)[places] for parts in zip(*read, strict=True)))

    def logprobs_of(self, rows: Sequence[Row]) -> list[torch.Tensor]:
        """The model's log-probabilities of each row's completion, without a gradient; no reference is read."""
        batches = self.lay_out(rows)
        lengths = token_offsets(rows).diff().tolist()
        return list(self.read_model_all(batches).logprobs.cpu().split(lengths)) if batches else []

    def entropies_of(self, steps: Sequence[Step]) -> list[tuple[float, ...]]:
        """Entropy in nats, over the whole vocabulary, of the distribution each completion token of steps came from."""
        rows = [Row(prompt_ids=step.prompt_ids, completion_ids=step.completion_ids) for step in steps]
        batches = self.lay_out(rows)
        if not batches:
            return []
        lengths = token_offsets(rows).diff().tolist()
        return [tuple(part.tolist()) for part in self.read_model_all(batches).entropy.cpu().split(lengths)]

    def _places(self, batches: Sequence[MicroBatch]) -> torch.Tensor:
        """Where each token of a batch stands among those of its micro-batches one after the other."""
        return torch.cat([batch.tokens for batch in batches]).argsort().to(self.device)

    def _reference(self, batch: MicroBatch) -> torch.Tensor | None:
        if not self.loss.needs_reference:
            return None
        if self.reference is None:
            raise ValueError("this loss measures the distance from a reference: give its model")
        with torch.no_grad():
            return score(self.reference, batch, temperature=self.plan.temperature, banned=self.banned).logprobs
