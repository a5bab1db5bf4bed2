"""Search-R1's reward of an episode: the right answer, and with ``version = "format"`` a well-formed way to it.

The tables and the grammar are in ``rl/rewards/formulas/search_r1.py``. The plain version reads the answer the episode
ended with, in whatever language its agent speaks; the one with marks for the format reads the words of the
``search_r1`` codec. Right answers come from the dataset, or from who solves the task (``rl/rewards/truth.py``).

Source: Jin et al., Search-R1 (arXiv 2503.09516) and its v0.3 (arXiv 2505.15117); PeterGriffinJin/Search-R1
``verl/utils/reward_score/qa_em.py`` and ``qa_em_format.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from clickwright.rl.rewards.formulas.search_r1 import GRAMMAR, brought, format_reward, right
from clickwright.rl.rewards.formulas.tags import read_blocks
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.transcript import transcript
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, final_answer, teacher
from clickwright.trajectories.records import Episode

Mark = Annotated[float, Field(ge=0.0, le=1.0)]


class Version(StrEnum):
    """Exact match alone, or with marks for the format."""

    PLAIN = "plain"
    FORMAT = "format"


@SCORERS.register("search_r1")
class SearchR1:
    """Exact match of the answer, and marks for a well-formed way to it."""

    class Options(TruthOptions):
        """Settings.

        Attributes:
            version: Which of the two rewards.
            format_score: Of the plain one: what a wrong answer earns.
            structure: Of the other: what the format is worth.
            final: What a wrong answer earns in a wrong format.
            retrieval: What it is worth that a search brought a right answer.
        """

        version: Version = Version.PLAIN
        format_score: Mark = 0.0
        structure: Mark = 0.2
        final: Mark = 0.1
        retrieval: Mark = 0.0

    name, version = "search_r1", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.5

    def __init__(self, options: Options) -> None:
        self.options = options
        self.codecs = frozenset({"search_r1"}) if options.version is Version.FORMAT else frozenset[str]()

    def settings(self) -> Mapping[str, Any]:
        """The version and its marks."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The reward of each episode whose right answer is known."""
        with teacher(self.options.demonstrations) as knows:
            return [self._score(subject.episode, knows) for subject in subjects]

    def _score(self, episode: Episode, knows: Teacher) -> Score:
        try:
            truths = knows.answers(episode)
        except NoTruthError as error:
            return Score(trouble=str(error))
        options, answer = self.options, final_answer(episode)
        exact = float(bool(answer) and right(answer, truths))
        if options.version is Version.PLAIN:
            return Score(value=exact or (options.format_score if answer else 0.0), parts={"exact": exact})
        text = transcript(episode, result="information")
        blocks = read_blocks(text, GRAMMAR.tags)
        return Score(
            value=format_reward(
                text, truths, structure=options.structure, final=options.final, retrieval=options.retrieval
            ),
            parts={
                "exact": exact,
                "format": float(not GRAMMAR.fault(blocks)),
                "retrieval": float(brought(blocks, truths)),
            },
        )
