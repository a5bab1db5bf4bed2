"""Efficiency: the shortest success of a group earns something, or every success the more, the shorter it was.

    shortest   1 for the successes of least cost, 0 for everyone else
    relative   least cost of a success / one's own cost for a success, 0 for a failure
    penalty    -mean score of the group * cost / largest cost

Cost is steps, or tokens or words that were said. A group without a success gives nobody anything, so that nobody learns
to give up early.

Sources: the shortest success is that of Observe-R1 (zrguo/Observe-R1 ``experience_maker.py``, weight 0.2); the penalty
that of PrimeIntellect-ai/prime-rl ``orchestrator/algo/grpo.py``. The relative form is this project's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.costs import Cost, cost_of
from clickwright.rl.rewards.formulas.groups import cost_penalty, relative_success, shortest_success
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.scorers.members import of_members
from clickwright.trajectories.records import Episode


class Shape(StrEnum):
    """Who earns what."""

    SHORTEST = "shortest"
    RELATIVE = "relative"
    PENALTY = "penalty"


@SCORERS.register("efficiency")
class Efficiency:
    """The group's shortest success, or how near a success comes to it."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            shape: Who earns what.
            cost: What is counted.
        """

        shape: Shape = Shape.SHORTEST
        cost: Cost = Cost.STEPS

    name, version = "efficiency", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 1.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """Who earns what, and for which cost."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """What each episode earns among those of its group."""
        values = of_members(subjects, self._compare)
        return [
            Score(value=value, parts={"cost": cost_of(subject.episode, self.options.cost)})
            for subject, value in zip(subjects, values, strict=True)
        ]

    def _compare(self, group: Sequence[Episode]) -> Sequence[float]:
        cost = [cost_of(episode, self.options.cost) for episode in group]
        success = [episode.success for episode in group]
        match self.options.shape:
            case Shape.SHORTEST:
                return shortest_success(success, cost)
            case Shape.RELATIVE:
                return relative_success(success, cost)
            case Shape.PENALTY:
                return cost_penalty([episode.score for episode in group], cost)
