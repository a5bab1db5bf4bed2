"""A number of episodes shared out by weights, exactly."""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.columns import Floats

ROUNDING = 1e-9


def allocated(weights: Floats, total: int, least: int) -> list[int]:
    """Whole sizes proportional to weights, none below ``least``, with exactly this sum.

    What would get less than ``least`` gets that, the rest is shared out among the others in proportion, and what
    rounding down leaves goes to the largest remainders. Weights that are all zero count as equal.

    Example:
        >>> allocated(np.array([3.0, 1.0, 0.0]), 10, 2)
        [6, 2, 2]

    Args:
        weights: What sizes are proportional to, at least 0.
        total: Their sum.
        least: The smallest size, at least 1.

    Raises:
        ValueError: A weight is negative or not finite, or the total is too small for so many sizes.
    """
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError(f"weights must be finite and at least 0, got {weights.tolist()}")
    if total < least * len(weights):
        raise ValueError(f"{len(weights)} groups of at least {least} episodes do not fit into {total}")
    scaled = weights / weights.max(initial=0.0) if weights.max(initial=0.0) > 0 else np.ones(len(weights))
    free = np.ones(len(weights), dtype=np.bool_)
    while True:
        left = total - least * int((~free).sum())
        shares = np.where(free, scaled * (left / max(float(scaled[free].sum()), np.finfo(float).tiny)), least)
        low = free & (shares < least - ROUNDING)
        if not low.any():
            break
        free &= ~low
    sizes = np.where(free, np.maximum(np.floor(shares), least), least).astype(np.int64)
    by_remainder = np.argsort(np.where(free, shares - sizes, -np.inf), kind="stable")[::-1]
    missing = total - int(sizes.sum())
    sizes[by_remainder[:missing]] += 1
    return [int(size) for size in sizes]
