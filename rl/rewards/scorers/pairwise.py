"""Pairwise: each member of a group against each other: good beats bad, and of two that are good, the cheaper one wins.

    value = (wins - defeats) / (members - 1)

Of two that are not good, and of two good ones of equal cost, nobody wins.

Source: "Think When You Need", rewards from pairwise comparison of quality and length.

Unchecked: the paper's own size of a win, and whether it divides by the number of the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.costs import Cost, cost_of
from clickwright.rl.rewards.formulas.groups import pairwise
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.scorers.members import of_members
from clickwright.trajectories.records import Episode


@SCORERS.register("pairwise")
class Pairwise:
    """Who is better than whom in the group, and among the good ones, cheaper."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            cost: What is counted.
            good: From which score on an episode is good.
        """

        cost: Cost = Cost.STEPS
        good: Annotated[float, Field(allow_inf_nan=False)] = 0.5

    name, version = "pairwise", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 0.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """What is good, and what costs."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The wins of each episode among those of its group."""
        return [Score(value=value) for value in of_members(subjects, self._compare)]

    def _compare(self, group: Sequence[Episode]) -> Sequence[float]:
        cost = [cost_of(episode, self.options.cost) for episode in group]
        return pairwise([episode.score for episode in group], cost, good_from=self.options.good)
