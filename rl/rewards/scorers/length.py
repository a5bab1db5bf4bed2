"""Length: what an episode said, or how many steps it took, against a limit that may move with training.

    longer     min(1, x / limit)
    shorter    max(0, 1 - x / limit)
    overlong   0 up to limit - margin, then down to -1 at the limit and beyond

Sources: ``longer`` over 512 words is ToolRL's (arXiv 2504.13958), which finds that it hurts; ``overlong`` is the soft
punishment of DAPO (arXiv 2503.14476), equation 13. A limit that moves is ToolRL's ``SCHEDULELENGTH``: from 384 words to
640 over 105 iterations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.costs import Cost, cost_of
from clickwright.rl.rewards.schedules import Scheduled, value_at
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject


class Wish(StrEnum):
    """What is wished for."""

    LONGER = "longer"
    SHORTER = "shorter"
    OVERLONG = "overlong"


@SCORERS.register("length")
class Length:
    """Length of an episode against a limit that may move with training."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            of: What is counted.
            wish: What is wished for.
            limit: The limit, or how it moves with the iterations of training.
            margin: Of ``overlong``: how far below the limit it begins.
        """

        of: Cost = Cost.TOKENS
        wish: Wish = Wish.SHORTER
        limit: Scheduled
        margin: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None

        @model_validator(mode="after")
        def _read(self) -> Self:
            if (self.wish is Wish.OVERLONG) != (self.margin is not None):
                raise ValueError("overlong needs a margin, and nothing else reads one")
            return self

    name, version = "length", 1
    scope, about = Scope.EPISODE, About.OUTCOME
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.5
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """What is counted, and the limit."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The value of each episode's length."""
        return [self._score(subject) for subject in subjects]

    def _score(self, subject: Subject) -> Score:
        limit = value_at(self.options.limit, subject.episode.iteration)
        if limit <= 0.0:
            return Score(trouble=f"the limit is {limit:g} in iteration {subject.episode.iteration}")
        length = cost_of(subject.episode, self.options.of)
        return Score(
            value=length_value(length, limit, self.options.wish, self.options.margin), parts={"length": length}
        )


def length_value(length: float, limit: float, wish: Wish, margin: float | None = None) -> float:
    """What a length is worth.

    Example:
        >>> [length_value(90.0, 100.0, wish, 20.0) for wish in (Wish.LONGER, Wish.OVERLONG)]
        [0.9, -0.5]
    """
    match wish:
        case Wish.LONGER:
            return min(1.0, length / limit)
        case Wish.SHORTER:
            return max(0.0, 1.0 - length / limit)
        case Wish.OVERLONG:
            return -min(1.0, max(0.0, (length - limit) / (margin or limit) + 1.0))
