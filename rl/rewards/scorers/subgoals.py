"""Sub-goal match: the share of the states on an expert's way that an episode came through, in the expert's order.

    prefix        the expert's first states, up to the first that was missed
    subsequence   the longest common subsequence of both ways

The state in which both begin does not count. The expert is who solves the task (``rl/rewards/truth.py``); of several
ways the best fitting one counts.

Source: RLKD, which compares the steps of a reasoning with a teacher's; over states it is this project's.

Unchecked: RLKD's own measure, which was taken from a summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from clickwright.rl.rewards.formulas.subgoals import Way, match
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, teacher
from clickwright.trajectories.records import Episode

LONGEST_WAY = 500
"""States of a way that are looked at."""


@SCORERS.register("subgoals")
class Subgoals:
    """Share of an expert's way through the states."""

    class Options(TruthOptions):
        """Settings.

        Attributes:
            way: What counts.
        """

        way: Way = Way.SUBSEQUENCE

    name, version = "subgoals", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 1.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """What counts."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The share of each episode that an expert's way is known for."""
        with teacher(self.options.demonstrations) as knows:
            return [self._score(subject.episode, knows) for subject in subjects]

    def _score(self, episode: Episode, knows: Teacher) -> Score:
        try:
            experts = knows.successes(episode)
        except NoTruthError as error:
            return Score(trouble=str(error))
        went = way_of(episode)
        return Score(value=max(match(went, way_of(expert), way=self.options.way) for expert in experts))


def way_of(episode: Episode) -> list[str]:
    """The states an episode came through after its start, without those that have no key or that it stayed in."""
    states = [*(step.state_key for step in episode.steps), str(episode.final.get("state_key", ""))]
    known = [state for state in states if state][: LONGEST_WAY + 1]
    return [state for before, state in pairwise(known) if state != before]
