"""Every task its share, tasks of mixed success more of it.

``share = (1 - focus) / n + focus * p(1-p) / sum p(1-p)`` with ``p`` the task's running success in training.

Source: this project; ``p(1-p)`` is the variance of a binary reward, to which the expected gradient of GRPO is tied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.columns import Floats
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.samplers.base import SAMPLERS


@SAMPLERS.register("balanced")
class Balanced(Memory):
    """Gives every task the same share of the groups, or tasks of mixed success more.

    Systematic sampling: a task with share s gets ``floor(s * num_groups)`` groups or one more, and the right number in
    the long run.
    """

    class Options(registry.Options):
        """Settings of ``balanced``.

        Attributes:
            focus: 0 gives every task the same share; up to 1, tasks whose recent success is mixed get more.
        """

        focus: float = Field(default=0.0, ge=0.0, le=1.0)

    def __init__(self, options: Options) -> None:
        self.options = options

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """Task and seed of every group."""
        shares = task_shares(moment.tasks, moment.success, self.options.focus)
        return planned(moment, shares)

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """The moment's own running success is all that is looked at."""


def task_shares(tasks: Sequence[str], success: Mapping[str, float], focus: float) -> Floats:
    """Each task's share of the groups.

    ``p`` is 0.5 until it is known: tasks that always or never succeed give groups without variance, from which nothing
    is learnt.
    """
    known = np.array([success.get(task, 0.5) for task in tasks])
    mixed = known * (1.0 - known) + 1e-3
    return np.asarray((1.0 - focus) / len(tasks) + focus * mixed / mixed.sum(), dtype=np.float64)


def planned(moment: Moment, shares: Floats) -> list[GroupPlan]:
    """As many groups as are wanted, spread over the tasks by their shares, each with a seed of its own.

    Example:
        >>> moment = Moment(
        ...     iteration=0, max_iterations=1, version=0, seed=0, tasks=("a", "b"), num_groups=4, group_size=8
        ... )
        >>> sorted(plan.task for plan in planned(moment, np.array([0.5, 0.5])))
        ['a', 'a', 'b', 'b']
    """
    rng, tasks, count = moment.rng("groups"), moment.tasks, moment.num_groups
    order = rng.permutation(len(tasks))
    edges = np.cumsum(shares[order])
    marks = (np.arange(count) + rng.random()) / count
    chosen = order[np.minimum(np.searchsorted(edges, marks, side="right"), len(tasks) - 1)]
    seeds = rng.integers(2**31, size=count)
    return [
        GroupPlan(task=tasks[int(task)], seed=int(number), size=moment.group_size)
        for task, number in zip(chosen, seeds, strict=True)
    ]
