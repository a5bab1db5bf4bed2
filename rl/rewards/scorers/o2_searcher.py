"""O2-Searcher's reward of an episode: of an open question, findings and queries; of a closed one, the answer.

    open     0.5 * (format + F1 of findings + 0.5 * difference of queries) / 2.5
    closed   F1 of the words of the answer, or exact match

The formulas are in ``rl/rewards/formulas/o2_searcher.py``. A question is open where its dataset lists findings.

Source: Mei et al., O2-Searcher (arXiv 2505.16582); Acade-Mate/O2-Searcher ``o2searcher/rewards``, where a model of
sentences tells how alike two findings are. Here it is the words they share.

Unchecked: the reward of closed questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from clickwright.rl.rewards.formulas.o2_searcher import reward
from clickwright.rl.rewards.formulas.overlap import best_f1
from clickwright.rl.rewards.formulas.search_r1 import right
from clickwright.rl.rewards.formulas.similarity import EMBEDDERS
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, final_answer, teacher, told
from clickwright.trajectories.records import Episode


class Closed(StrEnum):
    """How the answer to a closed question is compared."""

    F1 = "f1"
    EXACT = "exact"


@SCORERS.register("o2_searcher")
class O2Searcher:
    """Findings and queries of an open question, the answer of a closed one."""

    class Options(TruthOptions):
        """Settings.

        Attributes:
            threshold: From where on a finding is one of the references.
            likeness: How likeness is measured.
            nearest_only: Whether a reference can go only with its nearest finding, as in the release.
            closed: How the answer to a closed question is compared.
        """

        threshold: Annotated[float, Field(gt=0.0, le=1.0)] = 0.75
        likeness: Literal["counted", "tfidf"] = "counted"
        nearest_only: bool = False
        closed: Closed = Closed.F1

    name, version = "o2_searcher", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.5
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """How findings and answers are compared."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The reward of each episode of whose question something is known."""
        with teacher(self.options.demonstrations) as knows:
            return [self._score(subject.episode, knows) for subject in subjects]

    def _score(self, episode: Episode, knows: Teacher) -> Score:
        options, answer = self.options, final_answer(episode)
        if references := told(episode).findings:
            queries = [
                str(step.action.get("query", "")) for step in episode.steps if step.action.get("kind") == "search"
            ]
            found = reward(
                answer,
                references,
                queries,
                threshold=options.threshold,
                embed=EMBEDDERS[options.likeness],
                nearest_only=options.nearest_only,
            )
            return Score(value=found.pop("reward"), parts=found)
        try:
            truths = knows.answers(episode)
        except NoTruthError as error:
            return Score(trouble=str(error))
        exact = float(bool(answer) and right(answer, truths))
        return Score(value=exact if options.closed is Closed.EXACT else best_f1(answer, truths), parts={"exact": exact})
