"""Short episodes first, longer ones later.

    max_steps = rounds[min(iteration // every, len(rounds) - 1)]

``iteration`` counts the iterations done, so that the first ``every`` of them have the first horizon, and a resumed run
takes up the stage it was in. An agent that may act for long before it knows how to act mostly learns to wander.

Source: Xi et al., AgentGym-RL (arXiv 2509.08755), ScalingInter-RL; ``rounds`` and ``every`` as in its scripts.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.samplers.around import Around
from clickwright.rl.samplers.base import SAMPLERS
from clickwright.rl.sections import Positive


@SAMPLERS.register("scaling_inter")
class ScalingInter(Around):
    """Lets episodes take more steps as training goes on; an inner sampler chooses the tasks."""

    class Options(Around.Options):
        """Settings of ``scaling_inter``.

        Attributes:
            rounds: Most steps per episode, stage by stage, each longer than the one before.
            every: Iterations of a stage; the last one lasts to the end.
        """

        rounds: Annotated[tuple[Positive, ...], Field(min_length=2)] = (8, 12, 15)
        every: Positive = 80

        @model_validator(mode="after")
        def _grow(self) -> Self:
            if any(later <= earlier for earlier, later in pairwise(self.rounds)):
                raise ValueError(f"rounds = {list(self.rounds)} do not grow: list horizons from short to long")
            return self

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self._horizon = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """What the inner sampler plans, within this stage's horizon."""
        self._horizon = horizon(moment.iteration, self.options.rounds, self.options.every)
        return [
            replace(plan, max_steps=min(plan.max_steps or self._horizon, self._horizon))
            for plan in self.inner.plan(moment)
        ]

    def metrics(self) -> dict[str, float]:
        """The horizon beside the inner sampler's numbers."""
        return {**self.inner.metrics(), "sampler/horizon": float(self._horizon)}


def horizon(iteration: int, rounds: tuple[int, ...], every: int) -> int:
    """Most steps of an episode after so many iterations.

    Example:
        >>> [horizon(done, (8, 12, 15), 80) for done in (0, 79, 80, 159, 160, 400)]
        [8, 8, 12, 12, 15, 15]
    """
    return rounds[min(iteration // every, len(rounds) - 1)]
