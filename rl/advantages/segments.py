"""Sums, means and normalisation over groups of rows, without a Python loop over rows."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from clickwright.rl.advantages.columns import Floats, Ints

EPS = 1e-6
SPARSEST = 8
"""Places per key up to which counting off is faster than sorting."""


class Norm(StrEnum):
    """How a value is compared with its group."""

    MEAN = "mean_norm"
    MEAN_STD = "mean_std_norm"


class Singleton(StrEnum):
    """What a value without a group to compare with is worth."""

    ZERO = "zero"
    RAW = "raw"


def dense(keys: Ints) -> tuple[Ints, int]:
    """Renumber keys as 0..n-1, in their order; returns the numbers and n.

    Keys within a narrow range are counted off; others are sorted.

    Example:
        >>> dense(np.array([7, 3, 7]))[0].tolist()
        [1, 0, 1]
    """
    low = int(keys.min(initial=0)) if len(keys) else 0
    span = int(keys.max(initial=low)) - low + 1
    if span <= SPARSEST * len(keys) + 1_000:
        seen = np.zeros(span, dtype=np.bool_)
        seen[keys - low] = True
        return (np.cumsum(seen, dtype=np.int64) - 1)[keys - low], int(seen.sum())
    unique, numbers = np.unique(keys, return_inverse=True)
    return numbers.astype(np.int64), len(unique)


def discounted_returns(reward: Floats, episode: Ints, gamma: float) -> Floats:
    """Return to go, Eq. 5 of GiGPO: ``R_t = r_t + gamma * R_{t+1}``, ``R_T = r_T``, within each episode.

    Computed by doubling: after k passes an entry holds the sum of its next ``2**k`` discounted rewards, so an episode
    of T steps needs ``ceil(log2(T))`` passes over the rows.

    Example:
        >>> discounted_returns(np.array([0.0, 0.0, 10.0]), np.array([0, 0, 0]), 0.95).round(3).tolist()
        [9.025, 9.5, 10.0]
    """
    total = reward.astype(np.float64, copy=True)
    if not len(total):
        return total
    _, counts = np.unique(episode, return_counts=True)
    longest, span, factor = int(counts.max()), 1, gamma
    while span < longest:
        same = episode[:-span] == episode[span:]
        ahead = np.where(same, total[span:], 0.0)
        total[:-span] += factor * ahead
        span, factor = span * 2, factor * factor
    return total


def normalise(
    values: Floats,
    segment: Ints,
    num_segments: int,
    *,
    norm: Norm,
    singleton: Singleton = Singleton.ZERO,
    ddof: int = 1,
) -> Floats:
    """Compare each value with the others of its segment.

    ``mean_norm`` gives ``v - mean``; ``mean_std_norm`` gives ``(v - mean) / (std + 1e-6)`` with a standard deviation
    that is unbiased (``ddof = 1``) or the population's (0). Values are first shifted by one member of their segment, so
    that a segment whose values are all equal gives exactly 0 whatever their size. A segment with one member gives 0, or
    the value itself with ``Singleton.RAW``.

    Example:
        >>> normalise(np.array([1.0, 0, 0, 0]), np.zeros(4, int), 1, norm=Norm.MEAN_STD).round(6).tolist()
        [1.499997, -0.499999, -0.499999, -0.499999]
    """
    count = np.bincount(segment, minlength=num_segments)
    first = np.zeros(num_segments, dtype=np.float64)
    first[segment[::-1]] = values[::-1]
    shifted = values - first[segment]
    mean = np.bincount(segment, weights=shifted, minlength=num_segments) / np.maximum(count, 1)
    centred = shifted - mean[segment]
    result = centred
    if norm is Norm.MEAN_STD:
        squares = np.bincount(segment, weights=centred * centred, minlength=num_segments)
        std = np.sqrt(squares / np.maximum(count - ddof, 1))
        result = centred / (std[segment] + EPS)
    if singleton is Singleton.RAW:
        result = np.where(count[segment] == 1, values, result)
    return np.asarray(result, dtype=np.float64)
