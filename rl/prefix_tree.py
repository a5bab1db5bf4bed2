"""Rows that begin alike, laid out as a tree: what several of them read is read once.

The members of a group read the same first prompt, and go on reading the same as long as they do the same; the turns of
an episode share the goal and whatever history they have in common. Sorted, rows that begin alike stand side by side,
and each adds to the tree only the tokens after its last common one. A token looks at what is above it and at itself,
and its position is its depth, so a causal model says of every row what it would say of the row alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

Ids = NDArray[np.int64]

WIDEST = 4_096
"""Tokens of the widest tree: its mask holds that many numbers squared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """How the tokens of a micro-batch of trees hang together, each ``[num_trees, width]``.

    Tokens are numbered in the order in which the rows of a tree, sorted, first come to them.

    Attributes:
        depth: Tokens above it, which is its position in its row.
        number: Number of the token.
        end: Number after the last token below it.
    """

    depth: torch.Tensor
    number: torch.Tensor
    end: torch.Tensor

    def mask(self, dtype: torch.dtype, device: torch.device) -> torch.Tensor:
        """What attention adds: 0 where a token looks at itself and above, minus infinity elsewhere.

        Returns:
            ``[num_trees, 1, width, width]``.
        """
        number, end = self.number.to(device), self.end.to(device)
        below = (number[:, :, None] >= number[:, None, :]) & (number[:, :, None] < end[:, None, :])
        added = torch.zeros(below.shape, dtype=dtype, device=device).masked_fill_(~below, float("-inf"))
        return added[:, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """Some rows, each token of them once, numbered as in ``Links``.

    Attributes:
        rows: Their numbers, sorted by what they read.
        paths: For each, the numbers of its tokens.
        ids: ``[num_tokens]``.
        depth: ``[num_tokens]``.
        end: ``[num_tokens]``.
    """

    rows: tuple[int, ...]
    paths: tuple[Ids, ...]
    ids: Ids
    depth: Ids
    end: Ids

    @property
    def num_tokens(self) -> int:
        """Tokens that are read."""
        return len(self.ids)


class Reads(Protocol):
    """What a row reads and answers."""

    @property
    def prompt_ids(self) -> tuple[int, ...]:
        """Ids before the completion."""

    @property
    def completion_ids(self) -> tuple[int, ...]:
        """Ids of the completion."""


def reads_of(rows: Sequence[Reads]) -> list[Ids]:
    """The ids that each row reads: the last of its completion is only ever a target."""
    return [np.array((row.prompt_ids + row.completion_ids)[:-1], dtype=np.int64) for row in rows]


def sorted_rows(reads: Sequence[Ids]) -> list[int]:
    """Numbers of rows, sorted by what they read, so that rows which begin alike stand side by side."""
    keys = [read.tolist() for read in reads]
    return sorted(range(len(reads)), key=keys.__getitem__)


def common(left: Ids, right: Ids) -> int:
    """How many ids two rows begin with alike.

    Example:
        >>> common(np.array([5, 6, 7]), np.array([5, 6, 8, 9]))
        2
    """
    length = min(len(left), len(right))
    differs = left[:length] != right[:length]
    return int(differs.argmax()) if differs.any() else length


def grow(rows: Sequence[int], reads: Sequence[Ids]) -> Tree:
    """The tree of rows.

    Args:
        rows: Numbers of the rows, sorted by what they read.
        reads: For each row of the batch, the ids it reads.

    Example:
        >>> tree = grow((0, 1), [np.array([5, 6, 7]), np.array([5, 6, 8])])
        >>> tree.ids.tolist(), tree.depth.tolist(), tree.end.tolist()
        ([5, 6, 7, 8], [0, 1, 2, 2], [4, 4, 3, 4])
    """
    paths: list[Ids] = []
    ids, depth = list[Ids](), list[Ids]()
    end = np.zeros(sum(len(reads[row]) for row in rows), dtype=np.int64)
    size = 0
    path = np.zeros(0, dtype=np.int64)
    for place, row in enumerate(rows):
        read = reads[row]
        shared = common(reads[rows[place - 1]], read) if place else 0
        end[path[shared:]] = size
        path = np.concatenate([path[:shared], np.arange(size, size + len(read) - shared)])
        paths.append(path)
        ids.append(read[shared:])
        depth.append(np.arange(shared, len(read)))
        size += len(read) - shared
    end[path] = size
    return Tree(
        rows=tuple(rows), paths=tuple(paths), ids=np.concatenate(ids), depth=np.concatenate(depth), end=end[:size]
    )


def plant(reads: Sequence[Ids], *, pair_cost: float, max_tokens: int) -> list[tuple[int, ...]]:
    """Rows that are worth a tree together; all others alone.

    A row joins the tree of the rows sorted before it while the tokens it need not read again cost more than the
    attention that a wider tree wastes on tokens which do not see each other.

    Args:
        reads: For each row, the ids it reads.
        pair_cost: What attention costs per pair of tokens, in units of what everything else costs per token.
        max_tokens: Most tokens of a tree.

    Returns:
        The numbers of the rows of each tree, sorted by what they read.
    """
    trees: list[tuple[int, ...]] = []
    grown: list[int] = []
    width = 0
    for row in sorted_rows(reads):
        length = len(reads[row])
        new = length - common(reads[grown[-1]], reads[row]) if grown else length
        apart = length * (1 + length / 2 * pair_cost)
        together = new * (1 + (2 * width + new) * pair_cost)
        if grown and (width + new > min(max_tokens, WIDEST) or together >= apart):
            trees.append(tuple(grown))
            grown, width, new = [], 0, length
        grown.append(row)
        width += new
    return [*trees, tuple(grown)] if grown else trees
