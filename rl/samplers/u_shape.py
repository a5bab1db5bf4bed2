"""Tasks that are neither too easy nor too hard: those with ``low <= pass rate <= high``.

The pass rates of a policy over tasks are U-shaped: most tasks succeed nearly always or nearly never, and those teach
nothing. What a profile found at either end is left out for the whole training.

Source: Chen et al., "Unlocking the Potential of Difficulty Prior in RL-based Multimodal Reasoning" (arXiv 2505.13261),
offline filtering.
Unchecked: the bounds; the defaults leave out what a profile saw succeed always, or never.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Self

from pydantic import Field, model_validator

from clickwright.errors import ConfigError
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.samplers.around import Around
from clickwright.rl.samplers.base import SAMPLERS
from clickwright.rl.samplers.profile import profiled

Bound = Annotated[float, Field(ge=0.0, le=1.0)]


@SAMPLERS.register("u_shape")
class UShape(Around):
    """Leaves out the tasks that a profile found too easy or too hard; an inner sampler chooses from the others."""

    needs_pass_rates = True

    class Options(Around.Options):
        """Settings of ``u_shape``.

        Attributes:
            low: Smallest pass rate that is kept.
            high: Largest.
        """

        low: Bound = 0.01
        high: Bound = 0.99

        @model_validator(mode="after")
        def _ordered(self) -> Self:
            if self.low > self.high:
                raise ValueError(f"low = {self.low} is above high = {self.high}: nothing lies between them")
            return self

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self._kept = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """What the inner sampler plans on the tasks that are kept.

        Raises:
            ConfigError: There is no profile of every task, or none of them lies between the bounds.
        """
        low, high, rates = self.options.low, self.options.high, profiled(moment, "u_shape")
        kept = tuple(task for task in moment.tasks if low <= rates[task] <= high)
        if not kept:
            found = ", ".join(f"{rate:.2f}" for rate in sorted(rates.values())[:20])
            raise ConfigError(
                f"sampler 'u_shape' leaves out all {len(rates)} tasks: no pass rate lies from {low} to {high} "
                f"(found: {found}). Widen the bounds, or take tasks of other difficulty"
            )
        self._kept = len(kept)
        return self.inner.plan(replace(moment, tasks=kept))

    def metrics(self) -> dict[str, float]:
        """How many tasks are kept, beside the inner sampler's numbers."""
        return {**self.inner.metrics(), "sampler/u_shape_tasks": float(self._kept)}
