r"""Tool-Star's reward of an episode: F1 of its answer, a little more for both tools, -1 for a text out of order.

The formula is in ``rl/rewards/formulas/tool_star.py``; what came back stands in ``<result>``. Environments compare the
answer as it is, and ``\boxed{}`` is not part of one: with ``boxed = false`` the words of the answer are what counts.

Source: Dong et al., Tool-Star (arXiv 2505.16410); RUC-NLPIR/ARPO ``verl/utils/reward_score/deep_research.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from clickwright.rl.rewards.formulas.tool_star import reward
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.transcript import transcript
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, teacher
from clickwright.trajectories.records import Episode


@SCORERS.register("tool_star")
class ToolStar:
    """F1 of the answer, with a bonus for both tools and -1 out of form."""

    class Options(TruthOptions):
        """Settings.

        Attributes:
            bonus: What both tools are worth beside a right answer.
            strict: Whether the text must follow the grammar, or only have tags in the right numbers, as in the release.
            boxed: Whether the answer must stand in a box.
        """

        bonus: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.1
        strict: bool = True
        boxed: bool = True

    name, version = "tool_star", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.5
    codecs = frozenset({"search_r1"})

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """The bonus, and how strictly texts are read."""
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
        options = self.options
        text = transcript(episode, result="result")
        value = reward(text, truths, bonus=options.bonus, strict=options.strict, boxed_answer=options.boxed)
        return Score(value=value, parts={"format": float(value >= 0.0)})
