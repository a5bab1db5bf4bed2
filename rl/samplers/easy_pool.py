"""Solved tasks go to a pool from which few groups come.

Each group is on a task of the pool with probability ``share``, and on one of the others else. A task is in the pool
while its success is at least ``solved``: the running success in this training where it was tried, else what a profile
says; a task of which neither is known is not. One that is forgotten comes back by itself.

Source: Xiaomi, MiMo (arXiv 2505.07608), easy data pool.
Unchecked: the paper's 10 % are taken from a summary; ``solved`` was chosen here, as running success fades.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.samplers.around import Around
from clickwright.rl.samplers.base import SAMPLERS, groups_on


@SAMPLERS.register("easy_pool")
class EasyPool(Around):
    """Tries solved tasks seldom, so that they are not forgotten; an inner sampler chooses among the others."""

    class Options(Around.Options):
        """Settings of ``easy_pool``.

        Attributes:
            share: Probability that a group is on a solved task.
            solved: Success from which on a task counts as solved.
        """

        share: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
        solved: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self._solved = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """Groups on unsolved tasks as the inner sampler plans them, and a few on any of the solved ones."""
        easy = tuple(task for task in moment.tasks if known_success(moment, task) >= self.options.solved)
        hard = tuple(task for task in moment.tasks if task not in easy)
        self._solved = len(easy)
        if not easy or not hard:
            return self.inner.plan(moment)
        rng = moment.rng("easy_pool")
        num_easy = int(rng.binomial(moment.num_groups, self.options.share))
        again = groups_on(moment, rng.choice(easy, size=num_easy).tolist(), "easy_pool/seeds")
        if num_easy == moment.num_groups:
            return again
        return [*self.inner.plan(replace(moment, tasks=hard, num_groups=moment.num_groups - num_easy)), *again]

    def metrics(self) -> dict[str, float]:
        """How many tasks count as solved, beside the inner sampler's numbers."""
        return {**self.inner.metrics(), "sampler/solved_tasks": float(self._solved)}


def known_success(moment: Moment, task: str) -> float:
    """Running success, else the profile's, else 0."""
    before = moment.pass_rates.get(task)
    return moment.success.get(task, before.rate if before is not None else 0.0)
