"""The gradient of a preference loss over pairs of rows, micro-batch by micro-batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from clickwright.rl.batching import MicroBatch, Row, micro_batches, score, token_offsets
from clickwright.rl.losses import PairScores, PreferenceLoss
from clickwright.rl.update import UpdatePlan


@dataclass(frozen=True, slots=True, kw_only=True)
class RowPair:
    """Two completions of one prompt.

    Attributes:
        chosen: The better one.
        rejected: The worse one.
        chosen_span: The tokens of the better one that count, from the first to before the last; ``None`` for all.
        rejected_span: Those of the worse one.
    """

    chosen: Row
    rejected: Row
    chosen_span: tuple[int, int] | None = None
    rejected_span: tuple[int, int] | None = None

    def __post_init__(self) -> None:
        if self.chosen.prompt_ids != self.rejected.prompt_ids:
            raise ValueError("the two sides of a pair answer different prompts")

    @property
    def num_inputs(self) -> int:
        """Padded tokens of one of its rows."""
        return max(self.chosen.num_inputs, self.rejected.num_inputs)


def pair_batches(pairs: Sequence[RowPair], *, max_tokens: int) -> list[list[RowPair]]:
    """Cut pairs into micro-batches of at most ``max_tokens`` padded tokens, a longer pair standing alone.

    Example:
        >>> def pair(length):
        ...     row = Row(prompt_ids=(1,) * length, completion_ids=(2,))
        ...     return RowPair(chosen=row, rejected=row)
        >>> [len(batch) for batch in pair_batches([pair(8), pair(2), pair(2)], max_tokens=10)]
        [2, 1]
    """
    result: list[list[RowPair]] = []
    chosen: list[RowPair] = []
    for pair in sorted(pairs, key=lambda one: one.num_inputs):
        if chosen and 2 * (len(chosen) + 1) * pair.num_inputs > max_tokens:
            result.append(chosen)
            chosen = []
        chosen.append(pair)
    return [*result, chosen] if chosen else result


def pair_backward(
    model: torch.nn.Module,
    pairs: Sequence[RowPair],
    loss: PreferenceLoss,
    *,
    plan: UpdatePlan,
    reference: torch.nn.Module,
) -> tuple[float, dict[str, float]]:
    """Accumulate the gradient of the mean loss over ``pairs``; the result does not depend on ``plan.micro_tokens``.

    Args:
        model: What is trained.
        pairs: At least one.
        loss: The objective.
        plan: Limits, temperature and banned ids.
        reference: Frozen weights that the objective measures from.

    Returns:
        The loss, and the sums over the pairs of what it measured.
    """
    device = next(model.parameters()).device
    banned = torch.tensor(plan.banned_ids, dtype=torch.long, device=device) if plan.banned_ids else None
    total, sums = 0.0, dict[str, float]()
    for part in pair_batches(pairs, max_tokens=plan.micro_tokens):
        rows = [pair.chosen for pair in part] + [pair.rejected for pair in part]
        counted = _counted(rows, [pair.chosen_span for pair in part] + [pair.rejected_span for pair in part])
        offsets = token_offsets(rows)
        width = max(row.num_inputs for row in rows)
        (batch,) = micro_batches(rows, max_tokens=len(rows) * width)
        ours = _sequence_logprobs(model, batch, offsets, counted=counted, plan=plan, banned=banned)
        with torch.no_grad():
            theirs = _sequence_logprobs(reference, batch, offsets, counted=counted, plan=plan, banned=banned)
        count = len(part)
        lengths = torch.stack([one.sum() for one in counted.split(offsets.diff().tolist())])
        out = loss(
            PairScores(
                chosen=ours[:count],
                rejected=ours[count:],
                ref_chosen=theirs[:count],
                ref_rejected=theirs[count:],
                chosen_length=lengths[:count].to(device),
                weight=torch.full((count,), 1.0 / len(pairs), device=device),
            )
        )
        out.loss.backward()
        total += float(out.loss.detach())
        for name, value in out.sums.items():
            sums[name] = sums.get(name, 0.0) + float(value)
    return total, sums


def _sequence_logprobs(
    model: torch.nn.Module,
    batch: MicroBatch,
    offsets: torch.Tensor,
    *,
    counted: torch.Tensor,
    plan: UpdatePlan,
    banned: torch.Tensor | None,
) -> torch.Tensor:
    """Log-probability of the counted tokens of every row's completion, in the order of the rows: ``[num_rows]``."""
    logprobs = score(model, batch, temperature=plan.temperature, banned=banned).logprobs
    logprobs = logprobs * counted[batch.tokens].to(logprobs)
    # The batch holds its rows sorted by length; the place of a token in the flat order says whose it is.
    row = torch.bucketize(batch.tokens, offsets[1:], right=True).to(logprobs.device)
    return torch.zeros(len(offsets) - 1, device=logprobs.device).index_add(0, row, logprobs)


def _counted(rows: Sequence[Row], spans: Sequence[tuple[int, int] | None]) -> torch.Tensor:
    """Whether each completion token counts, in the flat token order of the rows."""
    return torch.cat(
        [
            torch.tensor([span is None or span[0] <= place < span[1] for place in range(len(row.completion_ids))])
            for row, span in zip(rows, spans, strict=True)
        ]
    )
