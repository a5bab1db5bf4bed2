"""Monte-Carlo values from groups: ``Q(s, a) = mean return of the tries that did a in s``, first visits.

    R_t = sum_k gamma^k * r_{t+k},   n tries of the group,   SE = std(R, ddof = 1) / sqrt(n)

States are equal when their ``state_key`` is, actions when they are the same action. ``n`` and, from two tries on, the
standard error are kept beside the value.

Source: Sutton and Barto, "Reinforcement Learning", section 5.2; as labels for step rewards: Wang et al., Math-Shepherd
(arXiv 2312.08935).
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.trajectories.records import Episode, Step

StateAction = tuple[str, str]


@SCORERS.register("monte_carlo")
class MonteCarlo:
    """Mean return after a state and an action."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            gamma: Discount of the return.
        """

        gamma: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0

    name, version = "monte_carlo", 1
    scope, about = Scope.STEP, About.ACTION
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 0.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """The discount."""
        return self.options.model_dump()

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The value of each step's state and action."""
        tables: dict[tuple[str, ...], dict[StateAction, list[float]]] = {}
        scores = []
        for subject in subjects:
            names = tuple(episode.id for episode in subject.group)
            if names not in tables:
                tables[names] = self.table(subject.group)
            if not subject.step.state_key:
                scores.append(Score(trouble="the state has no key"))
                continue
            returns = tables[names].get(key_of(subject.step), [])
            scores.append(self._score(returns))
        return scores

    def table(self, group: Sequence[Episode]) -> dict[StateAction, list[float]]:
        """The returns of a group's tries by state and action, one of each try."""
        found: dict[StateAction, list[float]] = defaultdict(list)
        for episode in group:
            total, first = 0.0, dict[StateAction, float]()
            for step in reversed(episode.steps):
                total = step.reward + self.options.gamma * total
                first[key_of(step)] = total
            for key, value in first.items():
                found[key].append(value)
        return found

    @staticmethod
    def _score(returns: Sequence[float]) -> Score:
        count = len(returns)
        if not count:
            return Score(trouble="the episode is not of its own group")
        mean = sum(returns) / count
        parts = {"n": float(count)}
        if count > 1:
            parts["se"] = math.sqrt(sum((value - mean) ** 2 for value in returns) / (count - 1) / count)
        return Score(value=mean, parts=parts)


def key_of(step: Step) -> StateAction:
    """What makes two steps the same decision."""
    return step.state_key, json.dumps(dict(step.action), sort_keys=True, default=str)
