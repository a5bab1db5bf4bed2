"""Sums and means of tokens over the rows, episodes or groups they belong to."""

from __future__ import annotations

import torch


def sums_by(values: torch.Tensor, index: torch.Tensor, num: int | None = None) -> torch.Tensor:
    """Sum of the values of each index, ``[num]``; carries the gradient.

    Example:
        >>> sums_by(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 0, 2])).tolist()
        [3.0, 0.0, 4.0]
    """
    size = num if num is not None else int(index.max()) + 1 if len(index) else 0
    return torch.zeros(size, dtype=values.dtype, device=values.device).index_add(0, index, values)


def counts_by(index: torch.Tensor, num: int | None = None) -> torch.Tensor:
    """How often each index occurs, as floating point."""
    return sums_by(torch.ones(len(index), device=index.device), index, num)


def means_by(values: torch.Tensor, index: torch.Tensor, num: int | None = None) -> torch.Tensor:
    """Mean of the values of each index; 0 where it does not occur."""
    return sums_by(values, index, num) / counts_by(index, num).clamp(min=1.0)


def firsts_by(values: torch.Tensor, index: torch.Tensor, num: int) -> torch.Tensor:
    """The value of each index, out of values that are the same wherever it occurs; 0 where it does not."""
    result = torch.zeros(num, dtype=values.dtype, device=values.device)
    result[index] = values
    return result
