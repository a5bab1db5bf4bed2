"""Two-by-two tables: how surely two yes-or-no facts go together.

A table says how many of ``right`` and of ``wrong`` things have a mark: ``a`` and ``b`` of them.
"""

from __future__ import annotations

from math import comb

import numpy as np

from clickwright.rl.advantages.columns import Floats, Ints
from clickwright.rl.advantages.segments import dense

TIE = 1.0 + 1e-7
"""Tables this much more probable than the one seen still count as no more probable, as rounding would have it."""


def distinct(a: Ints, b: Ints, right: Ints, wrong: Ints) -> tuple[Ints, tuple[Ints, Ints, Ints, Ints]]:
    """The kind of each table, and one table of each kind: of millions, few differ."""
    kind = np.zeros(len(a), dtype=np.int64)
    for column in (a, b, right, wrong):
        kind, _ = dense(kind * (int(column.max(initial=0)) + 1) + column)
    example = np.zeros(int(kind.max(initial=-1)) + 1, dtype=np.int64)
    example[kind] = np.arange(len(kind))
    return kind, (a[example], b[example], right[example], wrong[example])


def fisher_p(a: Ints, b: Ints, right: Ints, wrong: Ints) -> Floats:
    """Two-sided p-value of Fisher's exact test for each table.

    The sum of the probabilities of all tables with the same margins that are no more probable than the one seen.

    Example:
        >>> fisher_p(np.array([3]), np.array([0]), np.array([3]), np.array([3])).round(6).tolist()
        [0.1]
    """
    tables = zip(a.tolist(), b.tolist(), right.tolist(), wrong.tolist(), strict=True)
    return np.asarray([_p(*table) for table in tables], dtype=np.float64)


def _p(a: int, b: int, right: int, wrong: int) -> float:
    marked, everything = a + b, comb(right + wrong, a + b)
    possible = range(max(0, marked - wrong), min(right, marked) + 1)
    chances = [comb(right, k) * comb(wrong, marked - k) / everything for k in possible]
    seen = comb(right, a) * comb(wrong, b) / everything
    return min(1.0, sum(chance for chance in chances if chance <= seen * TIE))


def information_gain(a: Ints, b: Ints, right: Ints, wrong: Ints) -> Floats:
    """Bits that the mark tells about being right, for each table.

    Example:
        >>> information_gain(np.array([2, 1]), np.array([0, 1]), np.array([2, 2]), np.array([2, 2])).tolist()
        [1.0, 0.0]
    """
    total = np.maximum(right + wrong, 1)
    marked = a + b
    left = marked / total * _entropy(a, b) + (total - marked) / total * _entropy(right - a, wrong - b)
    return np.asarray(_entropy(right, wrong) - left, dtype=np.float64)


def _entropy(one: Ints, other: Ints) -> Floats:
    """Bits of a coin that fell so many times on each side."""
    p = one / np.maximum(one + other, 1)
    result = np.zeros(len(p), dtype=np.float64)
    for chance in (p, 1.0 - p):
        inside = (chance > 0.0) & (chance < 1.0)
        result[inside] -= chance[inside] * np.log2(chance[inside])
    return result
