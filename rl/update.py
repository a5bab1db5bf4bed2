"""One optimisation phase: rows in, changed weights and measurements out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch

from clickwright.rl.batching import Row, Scored, micro_batches
from clickwright.rl.facts import Chosen, facts_of
from clickwright.rl.losses import Loss, Unit
from clickwright.rl.reading import Reader, UpdatePlan

__all__ = ["Meter", "UpdatePlan", "backward", "units_of", "update"]


@dataclass(slots=True)
class Meter:
    """Running means of what the losses measure.

    Example:
        >>> meter = Meter()
        >>> meter.add({"entropy": 6.0}, 3)
        >>> meter.means()
        {'entropy': 2.0}
    """

    sums: dict[str, float] = field(default_factory=dict)
    counts: dict[str, float] = field(default_factory=dict)

    def add(self, sums: dict[str, float], count: float) -> None:
        """Add sums over ``count`` things."""
        for name, value in sums.items():
            self.sums[name] = self.sums.get(name, 0.0) + float(value)
            self.counts[name] = self.counts.get(name, 0.0) + count

    def means(self) -> dict[str, float]:
        """Mean of every measurement."""
        return {name: total / max(self.counts[name], 1.0) for name, total in self.sums.items()}


def backward(
    model: torch.nn.Module,
    rows: Sequence[Row],
    loss: Loss,
    *,
    plan: UpdatePlan,
    reference: torch.nn.Module | None = None,
    chosen: Chosen = Chosen.ALL,
    recomputed: torch.Tensor | None = None,
) -> tuple[float, dict[str, float], int]:
    """Accumulate the gradient of the loss over ``rows``, micro-batch by micro-batch.

    The normaliser belongs to all of ``rows`` and is fixed first, so the result does not depend on
    ``plan.micro_tokens``. A loss that looks at whole episodes or groups is evaluated once over all of ``rows``, on what
    the model says without a gradient; its derivatives with respect to that are then carried through the model.

    Args:
        model: Its parameters collect the gradient.
        rows: The batch.
        loss: The objective.
        plan: How the batch is gone through.
        reference: Weights the loss measures a distance from, when it does.
        chosen: Tokens that count; the others weigh nothing.
        recomputed: Log-probabilities under the weights before the update, when the loss asks for them.

    Returns:
        The loss, the sums of what it measured, and the number of completion tokens.
    """
    facts = facts_of(rows, loss, device=next(model.parameters()).device, chosen=chosen, recomputed=recomputed)
    reader = Reader(model, reference, loss, plan=plan)
    batches = micro_batches(rows, max_tokens=plan.micro_tokens)
    total, sums = 0.0, dict[str, float]()
    if loss.unit is Unit.ROW:
        for batch in batches:
            scored, ref_logprobs = reader.read(batch)
            out = loss(facts.tokens(batch.tokens, scored, ref_logprobs))
            out.loss.backward()
            total += float(out.loss.detach())
            for name, value in out.sums.items():
                sums[name] = sums.get(name, 0.0) + float(value)
        return total, sums, facts.num_tokens
    whole, ref_logprobs = reader.read_all(batches)
    leaves = Scored(*(one.requires_grad_() for one in whole))
    out = loss(facts.tokens(torch.arange(facts.num_tokens), leaves, ref_logprobs))
    out.loss.backward()
    for batch in batches:
        scored = reader.read_model(batch)
        # What a loss does not read has no derivative, and entropy may carry none.
        reached = [
            (value, leaf.grad[batch.tokens.to(leaf.device)])
            for value, leaf in zip(scored, leaves, strict=True)
            if leaf.grad is not None and value.requires_grad
        ]
        torch.autograd.backward([value for value, _ in reached], [grad for _, grad in reached])
    sums = {name: float(value) for name, value in out.sums.items()}
    return float(out.loss.detach()), sums, facts.num_tokens


def update(
    model: torch.nn.Module,
    optimizer: torch.optim.Optimizer,
    rows: Sequence[Row],
    loss: Loss,
    *,
    plan: UpdatePlan,
    rng: np.random.Generator,
    reference: torch.nn.Module | None = None,
) -> dict[str, float]:
    """Optimise a loss over rows.

    Args:
        model: Trained in place.
        optimizer: Steps once per minibatch.
        rows: What was done and how much credit it got.
        loss: The objective.
        plan: Passes, minibatches and limits.
        rng: Shuffles the rows of each pass.
        reference: Weights the loss measures a distance from, when it does.

    Returns:
        Means per completion token of what the loss measured, with ``loss``, ``grad_norm``, ``mismatch_kl`` (before the
        first step: what sampler and trainer disagree by) and ``tokens`` (completion tokens gone through).

    Raises:
        FloatingPointError: The gradient is not finite; the weights are as they were before that step.
    """
    meter = Meter()
    units = units_of(rows, loss.unit)
    num_minibatches = max(1, min(plan.num_minibatches, len(units)))
    recomputed = list[torch.Tensor]()
    if loss.needs_recomputed:
        recomputed = Reader(model, None, loss, plan=plan).logprobs_of(rows)
    passes = (Chosen.IMPROBABLE, Chosen.PROBABLE) if loss.split_probability else (Chosen.ALL,)
    mismatch, num_tokens, num_inputs = 0.0, 0, 0
    for epoch in range(plan.epochs):
        for number, drawn in enumerate(np.array_split(rng.permutation(len(units)), num_minibatches)):
            indices = [index for unit in drawn for index in units[unit]]
            part = [rows[index] for index in indices]
            before = torch.cat([recomputed[index] for index in indices]) if recomputed else None
            for chosen in passes:
                optimizer.zero_grad(set_to_none=True)
                value, sums, count = backward(
                    model, part, loss, plan=plan, reference=reference, chosen=chosen, recomputed=before
                )
                norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), plan.max_grad_norm))
                if not np.isfinite(norm):
                    raise FloatingPointError(
                        f"the gradient's norm is {norm} in pass {epoch}, minibatch {number} (loss {value}): "
                        "this step was not taken"
                    )
                optimizer.step()
                if epoch == 0 and number == 0 and chosen is passes[0]:
                    mismatch = max(0.0, sums.get("kl_old", 0.0) / max(count, 1))
                meter.add(sums, count)
                meter.add({"loss": value, "grad_norm": norm}, 1)
                num_tokens += count
                num_inputs += sum(row.num_inputs for row in part)
    return meter.means() | {"mismatch_kl": mismatch, "tokens": num_tokens, "input_tokens": num_inputs}


def units_of(rows: Sequence[Row], unit: Unit) -> list[list[int]]:
    """Numbers of the rows that belong together, in the order in which each unit first appears.

    Example:
        >>> rows = [Row(prompt_ids=(1,), completion_ids=(2,), episode=episode) for episode in (4, 4, 9)]
        >>> units_of(rows, Unit.EPISODE)
        [[0, 1], [2]]
    """
    if unit is Unit.ROW:
        return [[index] for index in range(len(rows))]
    found: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        found.setdefault(row.episode if unit is Unit.EPISODE else row.group, []).append(index)
    return list(found.values())
