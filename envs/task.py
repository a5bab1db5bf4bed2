"""The contract of a goal on a surface."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import numpy as np

from clickwright.envs.actions import Action
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import Surface, View

SurfaceT = TypeVar("SurfaceT", bound=Surface)


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What an episode asks for.

    Attributes:
        text: The instruction the policy reads.
        params: What was drawn from the seed, JSON only.
        probe: The surface query that ``Task.score`` reads after every action.
    """

    text: str
    params: Mapping[str, Any] = field(default_factory=dict)
    probe: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How the state stands after an action.

    Example:
        >>> Score(reward=1.0, success=True, done=True, raw=0.62, parts={"raw": 0.62}).success
        True

    Attributes:
        reward: What the agent earns for this step.
        success: Whether the goal is met.
        done: Whether the task has ended, either way.
        raw: The benchmark's own number, uncorrected.
        parts: Named terms of the reward.
    """

    reward: float
    success: bool
    done: bool
    raw: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)


class Task(ABC, Generic[SurfaceT]):
    """A goal on a surface: set it up, score it, solve it. It knows nothing of models.

    One instance serves any number of episodes; what an episode needs is drawn from its seed in ``setup``.
    """

    name: str
    """Name within its family, e.g. ``"click-test-2"``."""

    profile: Profile
    """Which actions the task allows."""

    max_steps: int = 10
    """Actions after which an episode is truncated."""

    split: str = "train"
    """``"train"`` or ``"eval"``: the half of its episodes that the next ``setup`` draws from, set by ``TaskEnv``. The
    two share no episode: ``rng`` differs between them, and a task that uses ``seed`` itself mixes the split in."""

    looks_back: bool = False
    """Whether ``judge`` needs more than the state: earlier actions, or the elements that were there before an action.
    Elements are then always captured, and a snapshot is restored by taking its actions again."""

    @abstractmethod
    def setup(self, surface: SurfaceT, seed: int, rng: np.random.Generator) -> Goal:
        """Put the surface into the episode's first state; the same seed gives the same state."""

    @abstractmethod
    def score(self, view: View, action: Action) -> Score:
        """Judge the state after ``action``. ``view.state`` holds the answer to the goal's probe."""

    def judge(self, before: View, view: View, action: Action) -> Score:
        """``score``, for a task that looks back: ``before`` is what was seen when the action was chosen."""
        return self.score(view, action)

    def restate(self, surface: SurfaceT, text: str) -> None:
        """Show another goal where the surface itself displays it; called by variants, after ``setup``."""

    def oracle(self, surface: SurfaceT, goal: Goal, view: View) -> Generator[Action, View, None]:
        """Yield actions that solve the episode, receiving the view after each one.

        It may look deeper into the surface than a policy can, but acts only through actions.

        Raises:
            NotImplementedError: This task has no oracle.
        """
        raise NotImplementedError(f"{self.name} has no oracle")

    @classmethod
    def has_oracle(cls) -> bool:
        """Whether ``oracle`` was written for this task."""
        return cls.oracle is not Task.oracle
