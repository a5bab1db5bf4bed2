"""Numbers that change while a training goes on: weights of reward terms, lengths, thresholds."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Finite = Annotated[float, Field(allow_inf_nan=False)]
From = Annotated[int, Field(ge=0)]


class Schedule(BaseModel):
    """A number by the iterations of training that are done.

    ``linear`` and ``cosine`` go from ``start`` to ``end`` over ``iterations``, beginning after ``begin``; before and
    after they stand still. ``steps`` has one value from each iteration on.

    Example:
        >>> half = Schedule(schedule="cosine", start=1.0, end=0.0, iterations=100)
        >>> half.at(0), round(half.at(50), 6), half.at(100), half.at(900)
        (1.0, 0.5, 0.0, 0.0)
        >>> Schedule(schedule="steps", values=((0, 1.0), (30, 0.5))).at(30)
        0.5

    Attributes:
        schedule: How it changes.
        start: Value before.
        end: Value after.
        iterations: How long it changes.
        begin: Iterations before it begins to.
        values: Of ``steps``: pairs of an iteration and the value from there on, the first from 0.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schedule: Literal["linear", "cosine", "steps"]
    start: Finite | None = None
    end: Finite | None = None
    iterations: Annotated[int, Field(ge=1)] | None = None
    begin: From = 0
    values: tuple[tuple[From, Finite], ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> Self:
        ramp = (self.start, self.end, self.iterations)
        if self.schedule == "steps":
            places = [place for place, _ in self.values]
            if not places or places[0] or places != sorted(set(places)):
                raise ValueError("steps needs values = [[0, ...], [30, ...]]: from iteration 0 on, in rising order")
            if ramp != (None, None, None) or self.begin:
                raise ValueError("steps reads values alone, and no start, end, iterations or begin")
        elif None in ramp:
            raise ValueError(f"{self.schedule} needs start, end and iterations")
        elif self.values:
            raise ValueError(f"{self.schedule} reads start, end, iterations and begin, and no values")
        return self

    def at(self, iteration: int) -> float:
        """The value after so many iterations."""
        if self.schedule == "steps":
            return max((place, value) for place, value in self.values if place <= iteration)[1]
        assert self.start is not None
        assert self.end is not None
        assert self.iterations is not None
        done = min(1.0, max(0.0, (iteration - self.begin) / self.iterations))
        if self.schedule == "cosine":
            done = 0.5 * (1.0 - math.cos(math.pi * done))
        return self.start + (self.end - self.start) * done


Scheduled = Finite | Schedule
"""A number, or how it changes."""


def value_at(number: float | Schedule, iteration: int) -> float:
    """What a number is after so many iterations.

    Example:
        >>> value_at(0.5, 7)
        0.5
    """
    return number.at(iteration) if isinstance(number, Schedule) else number
