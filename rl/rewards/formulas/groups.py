"""Rewards that compare the members of a group: who was shorter, who was better, who agrees with the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from clickwright.rl.advantages.columns import Floats


def shortest_success(success: Sequence[bool], cost: Sequence[float], *, bonus: float = 1.0) -> list[float]:
    """``bonus`` for the successes of least cost, 0 for everyone else.

    Source: zrguo/Observe-R1 ``experience_maker.py``, which gives 0.2 to the shortest right answer.

    Example:
        >>> shortest_success([True, False, True], [5, 1, 3])
        [0.0, 0.0, 1.0]
    """
    least = min((each for each, won in zip(cost, success, strict=True) if won), default=math.inf)
    return [bonus if won and each == least else 0.0 for each, won in zip(cost, success, strict=True)]


def relative_success(success: Sequence[bool], cost: Sequence[float]) -> list[float]:
    """The least cost of a success over one's own, from 0 to 1; 0 for who failed.

    Example:
        >>> relative_success([True, False, True], [6, 1, 3])
        [0.5, 0.0, 1.0]
    """
    least = min((each for each, won in zip(cost, success, strict=True) if won), default=0.0)
    return [(least / each if each else 1.0) if won else 0.0 for each, won in zip(cost, success, strict=True)]


def cost_penalty(score: Sequence[float], cost: Sequence[float]) -> list[float]:
    """``-mean(score) * cost / max(cost)``: cost counts the more, the better the group already is.

    Source: PrimeIntellect-ai/prime-rl ``orchestrator/algo/grpo.py``.

    Example:
        >>> cost_penalty([1, 1, 0, 0], [100, 200, 50, 100])
        [-0.25, -0.5, -0.125, -0.25]
    """
    most = max(cost, default=0.0)
    mean = sum(score) / len(score) if score else 0.0
    return [-mean * each / most if most else 0.0 for each in cost]


def pairwise(quality: Sequence[float], cost: Sequence[float], *, good_from: float = 0.5) -> list[float]:
    """Mean over the others of who wins: 1, -1, or 0 for nobody.

    Of two that are good the cheaper one wins, of one that is good and one that is not the good one, of two that are not
    good nobody.

    Example:
        >>> pairwise([1.0, 1.0, 0.0], [3, 5, 1])
        [1.0, 0.0, -1.0]
    """
    good, price = np.asarray(quality, dtype=np.float64) >= good_from, np.asarray(cost, dtype=np.float64)
    if len(good) < 2:
        return [0.0] * len(good)
    both = good[:, None] & good[None, :]
    wins: Floats = np.where(both, np.sign(price[None, :] - price[:, None]), good[:, None] * 1.0 - good[None, :])
    found: list[float] = (wins.sum(axis=1) / (len(good) - 1)).tolist()
    return found


def majority(answers: Sequence[str], *, ties_count: bool = False) -> list[float]:
    """1 for those who gave the answer that most gave, 0 for the others; an empty answer is no vote.

    Args:
        answers: Equal texts are equal answers.
        ties_count: Whether, of answers that equally many gave, the first is the majority; else there is none.

    Example:
        >>> majority(["7", "7", "8"]), majority(["7", "8"]), majority(["7", "8"], ties_count=True)
        ([1.0, 1.0, 0.0], [0.0, 0.0], [1.0, 0.0])
    """
    votes = Counter(answer for answer in answers if answer).most_common()
    tied = len(votes) > 1 and votes[0][1] == votes[1][1]
    if not votes or (tied and not ties_count):
        return [0.0] * len(answers)
    return [float(answer == votes[0][0]) for answer in answers]


def cluster_probability(answers: Sequence[str], *, most_entropy: float = 1.0) -> list[float]:
    """The share of the group that gave one's answer; 0 for all where answers are spread too widely to mean anything.

    Args:
        answers: Equal texts are equal answers; an empty one counts for nothing.
        most_entropy: Share of ``ln(members)`` that the entropy of the answers must stay below.

    Example:
        >>> cluster_probability(["7", "7", "8", ""]), cluster_probability(["7", "8"])
        ([0.5, 0.5, 0.25, 0.0], [0.0, 0.0])
    """
    votes, number = Counter(answer for answer in answers if answer), len(answers)
    shares = [count / votes.total() for count in votes.values()]
    entropy = -sum(share * math.log(share) for share in shares)
    if not votes or entropy >= most_entropy * math.log(number) - 1e-12:
        return [0.0] * number
    return [votes[answer] / number if answer else 0.0 for answer in answers]
