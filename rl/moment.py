"""Where a training stands: what samplers, guides and group editors decide by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clickwright.rl.pass_rates import PassRate
from clickwright.rl.streams import stream


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupPlan:
    """A group to roll out.

    Example:
        >>> GroupPlan(task="clickwright/miniwob.click-test-v0", seed=7, size=8).max_steps
        0

    Attributes:
        task: Registered environment id.
        seed: Given to ``reset`` of every member.
        size: Members.
        max_steps: Actions after which an episode is truncated, where the recipe's own limit comes later; 0 leaves it.
    """

    task: str
    seed: int
    size: int
    max_steps: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where a training stands at the start of an iteration.

    Example:
        >>> moment = Moment(
        ...     iteration=3, max_iterations=10, version=4, seed=0, tasks=("a", "b"), num_groups=2, group_size=8
        ... )
        >>> moment.progress
        0.3

    Attributes:
        iteration: Iterations done.
        max_iterations: Iterations after which training ends.
        version: Of the weights that act.
        seed: Root of the run's random streams.
        tasks: The recipe's tasks.
        num_groups: Groups wanted per iteration.
        group_size: Members wanted per group.
        success: Running success in this training, by task; empty at its start.
        pass_rates: What a profile measured before it, by task; empty without one.
        attempt: How often groups were planned before in this iteration.
        spent: Share that is used up of the environment steps it may take; 0 where they are not limited.
    """

    iteration: int
    max_iterations: int
    version: int
    seed: int
    tasks: tuple[str, ...]
    num_groups: int
    group_size: int
    success: Mapping[str, float] = field(default_factory=dict)
    pass_rates: Mapping[str, PassRate] = field(default_factory=dict)
    attempt: int = 0
    spent: float = 0.0

    @property
    def progress(self) -> float:
        """Share of the iterations that is done, or of the environment steps where that is more: from 0 to below 1."""
        return max(self.iteration / self.max_iterations, self.spent)

    def rng(self, *names: str | int) -> np.random.Generator:
        """A generator of this attempt's own: the same after a resume, another in the next attempt or iteration."""
        again = (self.attempt,) if self.attempt else ()
        return stream(self.seed, *names, self.iteration, *again)


class Memory:
    """What most plug-ins of the loop remember and measure: nothing. A subclass says only what is different."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave; there is nothing to put back."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""
        return {}


FADING = 0.7
"""Share of the old estimate kept when a task's running success is updated."""


def remember(success: dict[str, float], task: str, rate: float) -> None:
    """Update a task's running success."""
    success[task] = rate if task not in success else FADING * success[task] + (1.0 - FADING) * rate
