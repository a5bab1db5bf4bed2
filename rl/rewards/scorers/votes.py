"""Rewards without a right answer: how many of the group gave the same one. Of questions only.

    majority_vote        1 for the answer that most of the group gave
    cluster_probability  share of the group that gave this answer; 0 where the answers are spread too widely

Answers are equal when they are, once normalised. Episodes without an answer have no value: of an agent that answers
nothing, the state that most of the group ended in is often that nothing happened. Where more than one answer is right,
a vote is not valid.

Sources: majority vote: Zuo et al., TTRL (arXiv 2504.16084); cluster probability: Zhang et al., EMPO (arXiv 2504.05812).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from clickwright.envs.search.answers import normalised
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.formulas.groups import cluster_probability, majority
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.scorers.members import of_members
from clickwright.rl.rewards.truth import final_answer
from clickwright.trajectories.records import Episode


@SCORERS.register("majority_vote")
class MajorityVote:
    """Agreement with the answer that most of the group gave."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            ties_count: Whether, of answers that equally many gave, the first is the majority; else there is none.
        """

        ties_count: bool = False

    name, version = "majority_vote", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 0.5
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """What becomes of a tie."""
        return self.options.model_dump()

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """1 for each episode with the majority of its group."""
        return voted(subjects, partial(majority, ties_count=self.options.ties_count))


@SCORERS.register("cluster_probability")
class ClusterProbability:
    """Share of the group that gave the same answer."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            most_entropy: Share of the largest entropy that that of the answers must stay below.
        """

        most_entropy: Annotated[float, Field(gt=0.0, le=1.0)] = 1.0

    name, version = "cluster_probability", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 0.5
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """The largest entropy."""
        return self.options.model_dump()

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The share of its group that each episode is of one mind with."""
        return voted(subjects, partial(cluster_probability, most_entropy=self.options.most_entropy))


def voted(subjects: Sequence[Subject], worth: Callable[[Sequence[str]], Sequence[float]]) -> list[Score]:
    """What each episode's answer is worth among those of its group; an episode without one has no value."""

    def compare(group: Sequence[Episode]) -> Sequence[float]:
        return worth([normalised(final_answer(episode)) for episode in group])

    return [
        Score(value=value) if normalised(final_answer(subject.episode)) else Score(trouble="it gave no answer")
        for subject, value in zip(subjects, of_members(subjects, compare), strict=True)
    ]
