"""History resampling: what always succeeds is not tried again; what is mixed, or always fails, is.

A pool of starts (a task and a seed) is gone through in epochs. When a start's group was all right, it leaves the pool;
when it was mixed it stays, and when it was all wrong too, as it may become solvable. When nothing is left, a new pool
is drawn. Unlike dynamic sampling, nothing is rolled out twice in an iteration, and groups that were all wrong are kept
for later rather than replaced.

It stands among the samplers because a start that comes back, or does not, is a matter of what is planned: a group
editor could only leave the group out of one batch.

Source: Zhang et al., "SRPO: A Cross-Domain Implementation of Large-Scale Reinforcement Learning on LLM" (arXiv
2504.14286), history resampling.
Unchecked: the rule is taken from a summary; the size of the pool was chosen here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.samplers.base import SAMPLERS
from clickwright.rl.sections import Positive
from clickwright.rl.streams import stream

Start = tuple[str, int]
"""A task and a seed."""


@SAMPLERS.register("srpo_history")
class SrpoHistory(Memory):
    """Goes through a pool of tasks and seeds in epochs and drops those that always succeed."""

    class Options(registry.Options):
        """Settings of ``srpo_history``.

        Attributes:
            seeds_per_task: Starts of each task in a new pool.
        """

        seeds_per_task: Positive = 16

    def __init__(self, options: Options) -> None:
        self.options = options
        self._waiting: list[Start] = []
        self._kept: list[Start] = []
        self._out: list[Start] = []
        self._epoch = self._dropped = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """Groups on the next starts of the epoch; a start whose episodes were all lost stays in the pool."""
        self._kept += self._out
        self._out = []
        while (missing := moment.num_groups - len(self._out)) > 0:
            ready = [start for start in self._waiting if start[0] in moment.tasks][:missing]
            if not ready:
                self._begin_epoch(moment)
                continue
            taken = set(ready)
            self._waiting = [start for start in self._waiting if start not in taken]
            self._out += ready
        return [GroupPlan(task=task, seed=seed, size=moment.group_size) for task, seed in self._out]

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """Keep the starts at which some member failed."""
        for group in groups:
            start = (group.task, group.seed)
            if start in self._out:
                self._out.remove(start)
                if all(episode.success for episode in group.episodes):
                    self._dropped += 1
                else:
                    self._kept.append(start)

    def state(self) -> dict[str, Any]:
        """The pool."""
        return {
            "waiting": list(self._waiting),
            "kept": list(self._kept),
            "out": list(self._out),
            "epoch": self._epoch,
            "dropped": self._dropped,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self._waiting, self._kept, self._out = (
            [(str(task), int(seed)) for task, seed in state.get(name, ())] for name in ("waiting", "kept", "out")
        )
        self._epoch, self._dropped = int(state.get("epoch", 0)), int(state.get("dropped", 0))

    def metrics(self) -> dict[str, float]:
        """The epoch, how many starts are in the pool and how many have left it."""
        pool = len(self._waiting) + len(self._kept) + len(self._out)
        return {
            "sampler/epoch": float(self._epoch),
            "sampler/pool": float(pool),
            "sampler/dropped": float(self._dropped),
        }

    def _begin_epoch(self, moment: Moment) -> None:
        """Put what was kept back into the pool, or draw a new one where nothing is left for these tasks."""
        self._epoch += 1
        rng = stream(moment.seed, "srpo_history", self._epoch)
        if not any(start[0] in moment.tasks for start in self._kept):
            seeds = rng.integers(2**31, size=(len(moment.tasks), self.options.seeds_per_task)).tolist()
            self._kept += [(task, seed) for task, row in zip(moment.tasks, seeds, strict=True) for seed in row]
        self._waiting += [self._kept[place] for place in rng.permutation(len(self._kept)).tolist()]
        self._kept = []
