"""From rows to tensors: length-sorted micro-batches under a token budget, logits only where a completion is.

A row is padded on the right. Neither causal attention nor a causal convolution looks right, so a padded row gives the
same numbers as the row alone, and neither an attention mask nor position ids are needed (a test holds that to the
letter).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import torch

from clickwright.agents.sampling import log_distribution

ItemT = TypeVar("ItemT")


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
        input_ids: ``[num_rows, width]``, padded on the right with 0.
        keep: ``[num_kept]`` columns in which some row predicts a completion id.
        row: ``[num_tokens]`` row of each completion token.
        column: ``[num_tokens]`` place of its predictor in ``keep``.
        targets: ``[num_tokens]`` the completion ids.
        tokens: ``[num_tokens]`` place of each in the flat token order of the batch.
    """

    input_ids: torch.Tensor
    keep: torch.Tensor
    row: torch.Tensor
    column: torch.Tensor
    targets: torch.Tensor
    tokens: torch.Tensor


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


def micro_batches(rows: Sequence[Row], *, max_tokens: int) -> list[MicroBatch]:
    """Cut rows into micro-batches of at most ``max_tokens`` padded tokens, a longer row standing alone.

    Example:
        >>> rows = [Row(prompt_ids=(1, 2, 3), completion_ids=(4, 5)), Row(prompt_ids=(1,), completion_ids=(2,))]
        >>> [tuple(batch.input_ids.shape) for batch in micro_batches(rows, max_tokens=4)]
        [(1, 1), (1, 4)]
    """
    offsets = token_offsets(rows).tolist()
    order = sorted(range(len(rows)), key=lambda number: rows[number].num_inputs)
    result: list[MicroBatch] = []
    chosen: list[int] = []
    for number in order:
        # Sorted by length, the row at hand is the widest so far.
        if chosen and (len(chosen) + 1) * rows[number].num_inputs > max_tokens:
            result.append(_micro_batch(rows, chosen, offsets))
            chosen = []
        chosen.append(number)
    if chosen:
        result.append(_micro_batch(rows, chosen, offsets))
    return result


def _micro_batch(rows: Sequence[Row], chosen: Sequence[int], offsets: Sequence[int]) -> MicroBatch:
    width = max(rows[number].num_inputs for number in chosen)
    ids = np.zeros((len(chosen), width), dtype=np.int64)
    row_of: list[np.ndarray] = []
    position: list[np.ndarray] = []
    tokens: list[np.ndarray] = []
    targets: list[int] = []
    for place, number in enumerate(chosen):
        row = rows[number]
        num_prompt, num_completion = len(row.prompt_ids), len(row.completion_ids)
        ids[place, : row.num_inputs] = (row.prompt_ids + row.completion_ids)[:-1]
        row_of.append(np.full(num_completion, place))
        position.append(np.arange(num_prompt - 1, num_prompt - 1 + num_completion))
        tokens.append(np.arange(offsets[number], offsets[number + 1]))
        targets.extend(row.completion_ids)
    keep, column = np.unique(np.concatenate(position), return_inverse=True)
    return MicroBatch(
        input_ids=torch.from_numpy(ids),
        keep=torch.from_numpy(keep),
        row=torch.from_numpy(np.concatenate(row_of)),
        column=torch.from_numpy(column.reshape(-1)),
        targets=torch.tensor(targets, dtype=torch.long),
        tokens=torch.from_numpy(np.concatenate(tokens)),
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


def _logits(model: torch.nn.Module, batch: MicroBatch) -> torch.Tensor:
    """What the model gives every id at every completion token of a micro-batch: ``[num_tokens, vocabulary]``."""
    device = next(model.parameters()).device
    out = model(input_ids=batch.input_ids.to(device), use_cache=False, logits_to_keep=batch.keep.to(device))
    logits: torch.Tensor = out.logits[batch.row.to(device), batch.column.to(device)]
    return logits


def distributions(
    model: torch.nn.Module, batch: MicroBatch, *, temperature: float = 1.0, banned: torch.Tensor | None = None
) -> torch.Tensor:
    """Log-probabilities of every id at every completion token of a micro-batch: ``[num_tokens, vocabulary]``.

    The arguments are those of ``score``.
    """
    return log_distribution(_logits(model, batch), temperature=temperature, banned=banned)


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
    logits = _logits(model, batch)
    distribution = log_distribution(logits, temperature=temperature, banned=banned)
    targets = batch.targets.to(distribution.device)[:, None]
    logprobs = distribution.gather(-1, targets)[:, 0]
    with torch.set_grad_enabled(entropy_gradient and torch.is_grad_enabled()):
        # A banned id has log-probability -inf, and 0 * -inf is not a number.
        finite = distribution if banned is None else distribution.index_fill(-1, banned, 0.0)
        entropy = -(distribution.exp() * finite).sum(-1)
    chosen = logits.float().gather(-1, targets)[:, 0]
    return Scored(logprobs, entropy, chosen / (temperature if temperature > 0 else 1.0) - logprobs)
