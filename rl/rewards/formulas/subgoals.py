"""Sub-goal match: how much of an expert's way through the states somebody went, in its order."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class Way(StrEnum):
    """What counts: the expert's first states without a gap, or all that come in its order."""

    PREFIX = "prefix"
    SUBSEQUENCE = "subsequence"


def match(visited: Sequence[str], expert: Sequence[str], *, way: Way = Way.SUBSEQUENCE) -> float:
    """The share of the expert's states that were visited in the expert's order; 1 where the expert has none.

    Example:
        >>> match("a x c d".split(), "a b c d".split()), match("a x c d".split(), "a b c d".split(), way=Way.PREFIX)
        (0.75, 0.25)
    """
    if not expert:
        return 1.0
    if way is Way.PREFIX:
        remaining = iter(visited)
        reached = 0
        for state in expert:
            if state not in remaining:
                break
            reached += 1
        return reached / len(expert)
    row = [0] * (len(expert) + 1)
    for state in visited:
        before = row[:]
        for place, wanted in enumerate(expert):
            row[place + 1] = before[place] + 1 if state == wanted else max(before[place + 1], row[place])
    return row[-1] / len(expert)
