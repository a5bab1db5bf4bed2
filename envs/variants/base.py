"""What the variants of a task have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator
from typing import Any

import numpy as np

from clickwright.envs.actions import Action
from clickwright.envs.live import SPLITS
from clickwright.envs.surface import Surface, View
from clickwright.envs.task import Goal, Score, Task
from clickwright.errors import ConfigError


class Variant(Task[Surface]):
    """A task around another one, with the same states and another goal.

    Attributes:
        own_goal: What the other one asks for in this episode; ``setup`` puts it there.

    Args:
        task: The other one; it must have an oracle.
        kind: Appended to its name.

    Raises:
        ConfigError: It has none.
    """

    looks_back = True

    def __init__(self, task: Task[Any], kind: str) -> None:
        if not task.has_oracle():
            raise ConfigError(
                f"task {task.name!r} has no oracle, so nobody can tell what is true of its {kind} variant: "
                "take a task that has one (`clickwright envs` says which)"
            )
        self.task, self.kind, self.own_goal = task, kind, Goal(text="")
        self.name, self.profile, self.max_steps = f"{task.name}+{kind}", task.profile, task.max_steps

    @property
    def split(self) -> str:
        """The half of the episodes that the task draws from."""
        return self.task.split

    @split.setter
    def split(self, split: str) -> None:
        self.task.split = split

    def draws(self, seed: int) -> np.random.Generator:
        """Random numbers of the variant's own, so that the task draws what it draws without a variant."""
        return np.random.default_rng([seed, SPLITS.index(self.split), *self.kind.encode()])

    def none_here(self, seed: int, why: str) -> ConfigError:
        """The error of an episode that has no such variant."""
        return ConfigError(f"seed {seed} of {self.task.name!r} ({self.split}) has no {self.kind} variant: {why}")

    @abstractmethod
    def judge(self, before: View, view: View, action: Action) -> Score:
        """Judge by the variant's goal."""

    def score(self, view: View, action: Action) -> Score:
        """Judge an action that was chosen from what is seen after it."""
        return self.judge(view, view, action)

    def oracle(self, surface: Surface, goal: Goal, view: View) -> Generator[Action, View, None]:
        """Solve the episode as the task does, by the goal it would have without the variant: oracles read goals."""
        return self.task.oracle(surface, self.own_goal, view)
