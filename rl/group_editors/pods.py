"""PODS: of each group's n members, the m whose rewards vary most are learnt from.

Rolling out is cheap and learning is dear, so many members are rolled out and few are kept. Of all subsets of m rewards,
one of the largest variance consists of the k highest and the m - k lowest for some k: sort, go through k with prefix
sums, O(n log n). Advantages are computed on what is kept. The other rules are controls.

Source: Xu et al., PODS, "Not All Rollouts are Useful" (arXiv 2504.13818), theorem on the max-variance subset.
Unchecked: the controls' rules are taken from a summary; the percentiles are those in the middle of m equal parts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.columns import Floats, Ints
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.moment import Memory

EQUAL = 1e-12
"""Variances that differ by less, measured in the square of the rewards' range, are the same with another rounding."""


class Rule(StrEnum):
    """Which members are kept."""

    MAX_VARIANCE = "max_variance"
    MAX_REWARD = "max_reward"
    PERCENTILE = "percentile"
    RANDOM = "random"


@GROUP_EDITORS.register("pods")
class Pods(Memory):
    """Keeps the members of each group whose rewards vary most."""

    class Options(registry.Options):
        """Settings of ``pods``.

        Attributes:
            keep: Members kept per group; smaller groups stay whole.
            rule: Which: ``max_variance``, or as a control ``max_reward``, ``percentile`` or ``random``.
        """

        keep: Annotated[int, Field(ge=2)]
        rule: Rule = Rule.MAX_VARIANCE

    def __init__(self, options: Options) -> None:
        self.options = options
        self._metrics: dict[str, float] = {}

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """Every group with the members that are kept, in their order.

        Raises:
            ValueError: A score is not finite.
        """
        result = [self._kept(group, situation) for group in groups]
        num_before, num_after = (sum(len(group.episodes) for group in some) for some in (groups, result))
        self._metrics = {
            "pods/kept_share": num_after / max(num_before, 1),
            "pods/variance_before": _mean_variance(groups),
            "pods/variance_after": _mean_variance(result),
        }
        return result

    def metrics(self) -> dict[str, float]:
        """Share of the episodes that was kept, and the mean variance of the scores of groups before and after."""
        return self._metrics

    def _kept(self, group: Group, situation: Situation) -> Group:
        keep, scores = self.options.keep, np.asarray(group.scores, dtype=np.float64)
        if not np.isfinite(scores).all():
            raise ValueError(f"group {group.id} has the scores {group.scores}: one that is not finite cannot be ranked")
        if len(scores) <= keep:
            return group
        match self.options.rule:
            case Rule.MAX_VARIANCE:
                chosen = max_variance(scores, keep)
            case Rule.MAX_REWARD:
                chosen = np.argsort(-scores, kind="stable")[:keep]
            case Rule.PERCENTILE:
                chosen = np.argsort(scores, kind="stable")[((np.arange(keep) + 0.5) * len(scores) / keep).astype(int)]
            case Rule.RANDOM:
                chosen = situation.moment.rng("pods", group.task, group.seed).permutation(len(scores))[:keep]
        return replace(group, episodes=tuple(group.episodes[place] for place in sorted(chosen.tolist())))


def max_variance(rewards: Floats, keep: int) -> Ints:
    """Places of ``keep`` rewards of the largest variance; of equal choices, that with the most of the highest.

    Example:
        >>> sorted(max_variance(np.array([0.0, 1.0, 0.0, 0.0, 1.0, 0.5]), 4).tolist())
        [0, 1, 2, 4]

    Args:
        rewards: Finite numbers, at least ``keep`` of them.
        keep: How many, at least 1.
    """
    order = np.argsort(rewards, kind="stable")
    low, high = rewards[order[0]], rewards[order[-1]]
    # The range is halved first: that of two numbers near the largest double would overflow.
    ordered = (rewards[order] / 2 - low / 2) / ((high / 2 - low / 2) or 1.0)
    num_low = np.arange(keep + 1)
    sums, squares = (np.concatenate([[0.0], np.cumsum(values)]) for values in (ordered, ordered**2))
    tail = len(rewards) - keep + num_low
    total, square = sums[num_low] + sums[-1] - sums[tail], squares[num_low] + squares[-1] - squares[tail]
    variance = square / keep - (total / keep) ** 2
    fewest_low = int(np.argmax(variance >= variance.max() - EQUAL))
    return np.concatenate([order[:fewest_low], order[len(rewards) - keep + fewest_low :]])


def _mean_variance(groups: Sequence[Group]) -> float:
    return float(np.mean([np.var(group.scores) for group in groups])) if groups else 0.0
