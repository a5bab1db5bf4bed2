"""AdaSTaR: the task that was tried longest ago comes first, and of those the one that succeeds least.

Tasks lie in a min-heap with the key ``(iteration of the last try, success of the last tries)``. An iteration takes as
many as it has groups. Afterwards only the first ``max(at_least, round(n * acc**accuracy_power))`` of the n it took get
new keys, ``acc`` being the success of that iteration; the others keep theirs and come back at once. A weak policy so
stays with what it has, which it learns, and a strong one moves on.

Unlike the released code, at least one task gets its new key: groups are as many as the recipe says, whatever they earn,
and without it an iteration that never succeeds would be followed by the same one forever. Where there are fewer tasks
than groups, all of them are taken, several times.

Source: Koh et al., AdaSTaR (arXiv 2505.16322); reiss-koh/AdaSTaR ``utils_adastar.py``.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from itertools import cycle, islice
from typing import Annotated, Any

from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.samplers.base import SAMPLERS, groups_on
from clickwright.rl.sections import Count

NEVER = (-1, 0.0)
"""Key of a task that was not tried yet."""


@SAMPLERS.register("adastar")
class AdaStar(Memory):
    """Takes the tasks that were tried longest ago, and goes through them faster the more succeeds."""

    class Options(registry.Options):
        """Settings of ``adastar``.

        Attributes:
            accuracy_power: How slowly a policy that fails often moves on; 0 moves on always.
            at_least: Tasks that get a new key even when nothing succeeds; with 0 such a training may stand still.
        """

        accuracy_power: Annotated[float, Field(ge=0.0)] = 2.0
        at_least: Count = 1

    def __init__(self, options: Options) -> None:
        self.options = options
        self._keys: dict[str, tuple[int, float]] = {}
        self._taken: list[str] = []
        self._tries: dict[str, tuple[int, int]] = {}
        self._when = 0
        self._updated = 0

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """Groups on the tasks at the top of the heap; equal keys come in a random order."""
        self._settle()
        places = moment.rng("adastar").permutation(len(moment.tasks)).tolist()
        heap = [(*self._keys.get(task, NEVER), place, task) for task, place in zip(moment.tasks, places, strict=True)]
        heapq.heapify(heap)
        self._taken = [heapq.heappop(heap)[-1] for _ in range(min(moment.num_groups, len(heap)))]
        self._when = moment.iteration
        return groups_on(moment, list(islice(cycle(self._taken), moment.num_groups)), "adastar/seeds")

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """Count tries and successes of what was taken."""
        for group in groups:
            if group.task in self._taken:
                tries, successes = self._tries.get(group.task, (0, 0))
                won = sum(episode.success for episode in group.episodes)
                self._tries[group.task] = (tries + len(group.episodes), successes + won)

    def state(self) -> dict[str, Any]:
        """Keys, and what was taken and seen since they were given."""
        return {"keys": dict(self._keys), "taken": list(self._taken), "tries": dict(self._tries), "when": self._when}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self._keys = {task: (int(last), float(rate)) for task, (last, rate) in state.get("keys", {}).items()}
        self._tries = {task: (int(tries), int(won)) for task, (tries, won) in state.get("tries", {}).items()}
        self._taken, self._when = list(state.get("taken", ())), int(state.get("when", 0))

    def metrics(self) -> dict[str, float]:
        """How many tasks were never tried, and how many got a new key last."""
        return {"sampler/tasks_tried": float(len(self._keys)), "sampler/keys_updated": float(self._updated)}

    def _settle(self) -> None:
        """Give new keys to the first of what was taken; tasks whose episodes were all lost keep theirs."""
        seen = [task for task in self._taken if task in self._tries]
        tries, successes = (sum(column) for column in zip(*self._tries.values(), strict=True)) if seen else (0, 0)
        accuracy = successes / tries if tries else 0.0
        self._updated = num_updated(len(seen), accuracy, self.options.accuracy_power, self.options.at_least)
        for task in seen[: self._updated]:
            task_tries, task_successes = self._tries[task]
            self._keys[task] = (self._when, task_successes / task_tries)
        self._taken, self._tries = [], {}


def num_updated(taken: int, accuracy: float, power: float, at_least: int) -> int:
    """How many of the taken tasks get new keys.

    Example:
        >>> [num_updated(16, accuracy, 2.0, 1) for accuracy in (0.0, 0.25, 0.5, 1.0)]
        [1, 1, 4, 16]
    """
    return min(taken, max(at_least, round(taken * math.pow(accuracy, power))))
