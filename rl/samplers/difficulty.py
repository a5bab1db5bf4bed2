"""Easy tasks first, hard ones last, by what a profile says.

The tasks stand in the order of their pass rates on a ladder of ``rungs`` equal parts. After a share ``x`` of the
iterations, groups are planned on rung ``floor(x * rungs)``.

Source: Guo et al., Observe-R1 (arXiv 2505.12432), NeuraLadder.
Unchecked: how tasks are split and how long each part is trained on; equal parts and equal times were chosen here.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.samplers.around import Around
from clickwright.rl.samplers.base import SAMPLERS
from clickwright.rl.samplers.profile import profiled
from clickwright.rl.sections import Positive


@SAMPLERS.register("difficulty")
class Difficulty(Around):
    """Goes from easy to hard tasks as training goes on; an inner sampler chooses among those of the hour."""

    needs_pass_rates = True

    class Options(Around.Options):
        """Settings of ``difficulty``.

        Attributes:
            rungs: Parts the tasks are split into; no more of them than tasks are used.
            keep_easier: Whether the easier tasks stay when harder ones come.
        """

        rungs: Positive = 4
        keep_easier: bool = False

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self._rung = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """What the inner sampler plans on the tasks of this part of the training.

        Raises:
            ConfigError: There is no profile of every task.
        """
        parts = ladder(profiled(moment, "difficulty"), self.options.rungs)
        self._rung = int(moment.progress * len(parts))
        first = 0 if self.options.keep_easier else self._rung
        tasks = tuple(task for part in parts[first : self._rung + 1] for task in part)
        return self.inner.plan(replace(moment, tasks=tasks))

    def metrics(self) -> dict[str, float]:
        """The rung, from 0, beside the inner sampler's numbers."""
        return {**self.inner.metrics(), "sampler/rung": float(self._rung)}


def ladder(rates: dict[str, float], rungs: int) -> list[list[str]]:
    """Tasks from easy to hard, in parts whose sizes differ by one at most; equal rates stay in their order.

    Example:
        >>> ladder({"a": 0.1, "b": 0.9, "c": 0.5}, 2)
        [['b', 'c'], ['a']]
    """
    order = sorted(rates, key=lambda task: -rates[task])
    return [[str(task) for task in part] for part in np.array_split(order, min(rungs, len(order)))]
