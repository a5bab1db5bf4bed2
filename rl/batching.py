"""From rows to tensors: length-sorted micro-batches under a token budget, logits only where a completion is.

A row is padded on the right. Neither causal attention nor a causal convolution looks right, so a padded row gives the
same numbers as the row alone, and neither an attention mask nor position ids are needed (a test holds that to the
letter). ``sharing`` makes micro-batches in which rows that begin alike share what they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from clickwright.agents.sampling import log_distribution
from clickwright.rl.prefix_tree import Links

ItemT = TypeVar("ItemT")

PASS_COST = 16
"""A pass costs what one part in so many of its budget of tokens costs, beside its tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trained step.

    Attributes:
        prompt_ids: Ids the policy read; at least one.
        completion_ids: Ids it sampled, or the demonstrated ones; at least one.
        old_logprobs: Behaviour log-probability of each completion id; empty for a demonstration.
        advantage: Credit of the step.
        advantages: Credit of each completion id, where they differ; empty where all have the step's.
        group: Number of its group; equal numbers mean one group.
        episode: Number of its episode, unique over groups.
        score: Undiscounted return of the episode.
        success: Whether the episode met its goal.
        age: Versions of the weights between those that sampled it and those about to be updated; 0 on policy.
    """

    prompt_ids: tuple[int, ...]
    completion_ids: tuple[int, ...]
    old_logprobs: tuple[float, ...] = ()
    advantage: float = 0.0
    advantages: tuple[float, ...] = ()
    group: int = 0
    episode: int = 0
    score: float = 0.0
    success: bool = False
    age: int = 0

    @property
    def num_inputs(self) -> int:
        """Tokens the model must read: the last completion id is only ever a target."""
        return len(self.prompt_ids) + len(self.completion_ids) - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MicroBatch:
    """What one forward pass needs.

    Attributes:
        input_ids: ``[num_lines, width]``, padded on the right with 0; a line is a row, or a tree of rows.
        keep: ``[num_kept]`` columns in which some line predicts a completion id.
        line: ``[num_predictors]`` line of each token that predicts a completion id.
        column: ``[num_predictors]`` its place in ``keep``.
        predictor: ``[num_tokens]`` which of them predicts each completion token.
        targets: ``[num_tokens]`` the completion ids.
        tokens: ``[num_tokens]`` place of each in the flat token order of the batch.
        num_read: Tokens that are read, padding left out.
        links: How the tokens of trees hang together; ``None`` where each line is one row.
    """

    input_ids: torch.Tensor
    keep: torch.Tensor
    line: torch.Tensor
    column: torch.Tensor
    predictor: torch.Tensor
    targets: torch.Tensor
    tokens: torch.Tensor
    num_read: int
    links: Links | None = None


def passes(items: Sequence[ItemT], *, epochs: int, size: int, rng: np.random.Generator) -> Iterator[list[ItemT]]:
    """Minibatches of ``size`` items, all of them in a new order in each of ``epochs`` passes.

    Example:
        >>> [len(part) for part in passes("abcde", epochs=1, size=2, rng=np.random.default_rng(0))]
        [2, 2, 1]
    """
    for _ in range(epochs):
        order = rng.permutation(len(items))
        for start in range(0, len(items), size):
            yield [items[index] for index in order[start : start + size]]


def token_offsets(rows: Sequence[Row]) -> torch.Tensor:
    """Where each row's completion starts in the flat token order, and the total at the end: ``[num_rows + 1]``."""
    lengths = torch.tensor([len(row.completion_ids) for row in rows], dtype=torch.long)
    return torch.cat([torch.zeros(1, dtype=torch.long), lengths.cumsum(0)])


def cut(widths: Sequence[int], *, max_tokens: int) -> list[slice]:
    """Cut lines, sorted by width, into micro-batches with as little padding as the number of passes is worth.

    Beside its tokens a pass costs about what ``max_tokens / PASS_COST`` more of them would. Among all cuts that keep to
    the budget, the one that costs least is taken; a line wider than the budget stands alone.

    Example:
        >>> cut([1, 1, 1, 60, 60], max_tokens=128)
        [slice(0, 3, None), slice(3, 5, None)]
    """
    cost = np.zeros(len(widths) + 1)
    begin = np.zeros(len(widths) + 1, dtype=np.int64)
    for stop, widest in enumerate(widths, start=1):
        first = max(0, stop - max(1, max_tokens // widest))
        padded = np.arange(stop - first, 0, -1) * widest
        total = cost[first:stop] + padded
        begin[stop] = first + int(total.argmin())
        cost[stop] = total.min() + max_tokens / PASS_COST
    cuts: list[slice] = []
    stop = len(widths)
    while stop:
        cuts.append(slice(int(begin[stop]), stop))
        stop = int(begin[stop])
    return cuts[::-1]


def micro_batches(rows: Sequence[Row], *, max_tokens: int, only: Iterable[int] | None = None) -> list[MicroBatch]:
    """Cut rows into micro-batches of at most ``max_tokens`` padded tokens, a longer row standing alone.

    Args:
        rows: All rows of the batch.
        max_tokens: The budget.
        only: Numbers of the rows to take; all of them when not given.

    Example:
        >>> rows = [Row(prompt_ids=(1, 2, 3), completion_ids=(4, 5)), Row(prompt_ids=(1,), completion_ids=(2,))]
        >>> [tuple(batch.input_ids.shape) for batch in micro_batches(rows, max_tokens=4)]
        [(1, 1), (1, 4)]
    """
    offsets = token_offsets(rows).tolist()
    order = sorted(range(len(rows)) if only is None else only, key=lambda number: rows[number].num_inputs)
    widths = [rows[number].num_inputs for number in order]
    return [_micro_batch(rows, order[part], offsets) for part in cut(widths, max_tokens=max_tokens)]


def _micro_batch(rows: Sequence[Row], chosen: Sequence[int], offsets: Sequence[int]) -> MicroBatch:
    width = max(rows[number].num_inputs for number in chosen)
    ids = np.zeros((len(chosen), width), dtype=np.int64)
    line: list[np.ndarray] = []
    position: list[np.ndarray] = []
    tokens: list[np.ndarray] = []
    targets: list[int] = []
    for place, number in enumerate(chosen):
        row = rows[number]
        num_prompt, num_completion = len(row.prompt_ids), len(row.completion_ids)
        ids[place, : row.num_inputs] = (row.prompt_ids + row.completion_ids)[:-1]
        line.append(np.full(num_completion, place))
        position.append(np.arange(num_prompt - 1, num_prompt - 1 + num_completion))
        tokens.append(np.arange(offsets[number], offsets[number + 1]))
        targets.extend(row.completion_ids)
    keep, column = np.unique(np.concatenate(position), return_inverse=True)
    return MicroBatch(
        input_ids=torch.from_numpy(ids),
        keep=torch.from_numpy(keep),
        line=torch.from_numpy(np.concatenate(line)),
        column=torch.from_numpy(column.reshape(-1)),
        predictor=torch.arange(len(targets)),
        targets=torch.tensor(targets, dtype=torch.long),
        tokens=torch.from_numpy(np.concatenate(tokens)),
        num_read=sum(rows[number].num_inputs for number in chosen),
    )


class Scored(NamedTuple):
    """What a model says of the completion tokens of a micro-batch, each ``[num_tokens]``.

    Attributes:
        logprobs: Log-probability of each token.
        entropy: Of the distribution at each token.
        log_normaliser: Logarithm of the sum of the exponentiated logits there, temperature and bans applied.
    """

    logprobs: torch.Tensor
    entropy: torch.Tensor
    log_normaliser: torch.Tensor


def logits_of(model: torch.nn.Module, batch: MicroBatch) -> torch.Tensor:
    """What the model gives every id where a completion token is predicted: ``[num_predictors, vocabulary]``."""
    weight = next(model.parameters())
    how: dict[str, torch.Tensor] = {}
    if batch.links is not None:
        how = {
            "position_ids": batch.links.depth.to(weight.device),
            "attention_mask": batch.links.mask(weight.dtype, weight.device),
        }
    ids, keep = batch.input_ids.to(weight.device), batch.keep.to(weight.device)
    out = model(input_ids=ids, use_cache=False, logits_to_keep=keep, **how)
    logits: torch.Tensor = out.logits[batch.line.to(weight.device), batch.column.to(weight.device)]
    return logits


def distributions(
    model: torch.nn.Module, batch: MicroBatch, *, temperature: float = 1.0, banned: torch.Tensor | None = None
) -> torch.Tensor:
    """Log-probabilities of every id at every completion token of a micro-batch: ``[num_tokens, vocabulary]``.

    The arguments are those of ``score``.
    """
    distribution = log_distribution(logits_of(model, batch), temperature=temperature, banned=banned)
    return distribution[batch.predictor.to(distribution.device)]


def score(
    model: torch.nn.Module,
    batch: MicroBatch,
    *,
    temperature: float = 1.0,
    banned: torch.Tensor | None = None,
    entropy_gradient: bool = False,
) -> Scored:
    """Read a micro-batch.

    Args:
        model: A Hugging Face causal language model.
        batch: What to read.
        temperature: The temperature the tokens were sampled at, so that the numbers belong to the same distribution.
        banned: Ids the sampler may never draw.
        entropy_gradient: Whether the entropy carries a gradient.
    """
    logits = logits_of(model, batch)
    distribution = log_distribution(logits, temperature=temperature, banned=banned)
    place, targets = batch.predictor.to(distribution.device), batch.targets.to(distribution.device)
    logprobs = distribution[place, targets]
    with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
        # A banned id has log-probability -inf, and 0 * -inf is not a number.
        finite = distribution if banned is None else distribution.index_fill(-1, banned, 0.0)
        entropy = -(distribution.exp() * finite).sum(-1)
    chosen = logits[place, targets].float()
    return Scored(logprobs, entropy[place], chosen / (temperature if temperature > 0 else 1.0) - logprobs)
