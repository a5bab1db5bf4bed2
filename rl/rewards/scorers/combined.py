"""Combined: several scorers in one term, each with a weight of its own that may move with training.

    sum        sum of weight_i * v_i
    product    product of v_i^weight_i, of values that are not negative
    min, max   least, greatest weight_i * v_i

A product lets one value gate another, as a format does what was answered. Where one of them has no value, the
combination has none, and says whose is missing.

Source: nothing to cite beyond arithmetic; sums of named terms are what FlightGPT and VLAA-Thinking learn from.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from clickwright.errors import ConfigError
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.schedules import Scheduled, value_at
from clickwright.rl.rewards.scorers.base import SCORERS, About, Scope, Score, Scorer, Subject


class How(StrEnum):
    """What is made of the values."""

    SUM = "sum"
    PRODUCT = "product"
    MIN = "min"
    MAX = "max"


class Part(PluginOptions):
    """One of the scorers.

    Attributes:
        scorer: By ``name``, with its options.
        weight: Its weight, or how it moves with the iterations of training.
    """

    scorer: dict[str, Any]
    weight: Scheduled = 1.0


@SCORERS.register("combined")
class Combined:
    """Several scorers as one: sum, product, least or greatest."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            how: What is made of the values.
            terms: The scorers.
        """

        how: How = How.SUM
        terms: Annotated[tuple[Part, ...], Field(min_length=2)]

    name, version = "combined", 1
    judged, good_from = False, 0.5

    def __init__(self, options: Options) -> None:
        self.options = options
        self._scorers = [_built(part.scorer) for part in options.terms]
        names = [scorer.name for scorer in self._scorers]
        if len(set(names)) < len(names):
            raise ConfigError(f"combined names a scorer twice: {', '.join(names)}")
        scopes = {scorer.scope for scorer in self._scorers}
        if len(scopes) > 1:
            said = ", ".join(f"{scorer.name} scores {scorer.scope}s" for scorer in self._scorers)
            raise ConfigError(f"combined needs scorers of one kind: {said}. Make them rewards of their own")
        if judges := [scorer.name for scorer in self._scorers if scorer.judged]:
            raise ConfigError(
                f"{', '.join(judges)} is a judge, whose agreement must be on record: make it a reward of its own"
            )
        self.scope: Scope = self._scorers[0].scope
        abouts = {scorer.about for scorer in self._scorers}
        self.about: About = abouts.pop() if len(abouts) == 1 else About.ACTION
        self.needs = frozenset().union(*(scorer.needs for scorer in self._scorers))
        spoken = [scorer.codecs for scorer in self._scorers if scorer.codecs]
        self.codecs: frozenset[str] = frozenset.intersection(*spoken) if spoken else frozenset()
        if spoken and not self.codecs:
            raise ConfigError(f"no agent speaks what all of {', '.join(names)} read")

    def settings(self) -> Mapping[str, Any]:
        """The scorers with their settings, and what is made of them."""
        weights = [part["weight"] for part in self.options.model_dump(mode="json")["terms"]]
        terms = [
            {"scorer": scorer.name, "version": scorer.version, "settings": dict(scorer.settings()), "weight": weight}
            for scorer, weight in zip(self._scorers, weights, strict=True)
        ]
        return {"how": str(self.options.how), "terms": terms}

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """What is made of the values of each subject."""
        found = [scorer.score(subjects) for scorer in self._scorers]
        return [self._one(subject, [scores[place] for scores in found]) for place, subject in enumerate(subjects)]

    def _one(self, subject: Subject, scores: Sequence[Score]) -> Score:
        for scorer, score in zip(self._scorers, scores, strict=True):
            if not score.valid:
                return Score(trouble=f"{scorer.name}: {score.trouble}")
        weights = [value_at(part.weight, subject.episode.iteration) for part in self.options.terms]
        parts = {scorer.name: score.value for scorer, score in zip(self._scorers, scores, strict=True)}
        try:
            return Score(value=combine(self.options.how, list(parts.values()), weights), parts=parts)
        except ValueError as error:
            return Score(trouble=str(error), parts=parts)


def combine(how: How, values: Sequence[float], weights: Sequence[float]) -> float:
    """What is made of values.

    Example:
        >>> combine(How.SUM, [1.0, 0.5], [1.0, 2.0]), combine(How.PRODUCT, [0.5, 0.0], [1.0, 0.0])
        (2.0, 0.5)

    Raises:
        ValueError: A product of a negative value, or of 0 to a negative weight.
    """
    weighed = [weight * value for weight, value in zip(weights, values, strict=True)]
    match how:
        case How.SUM:
            return math.fsum(weighed)
        case How.MIN:
            return min(weighed)
        case How.MAX:
            return max(weighed)
        case How.PRODUCT:
            if min(values) < 0.0 or any(
                not value and weight < 0.0 for value, weight in zip(values, weights, strict=True)
            ):
                raise ValueError("a product needs values that are not negative, and above 0 where a weight is negative")
            return math.prod(math.pow(value, weight) for value, weight in zip(values, weights, strict=True))


def _built(table: Mapping[str, Any]) -> Scorer:
    options = dict(table)
    return SCORERS.build(str(options.pop("name", "")), options)
