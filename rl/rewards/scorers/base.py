"""The contract of a scorer: steps or episodes in, scores out; what cannot be scored says why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from clickwright.envs.surface import Frame
from clickwright.rl.registry import Registry
from clickwright.trajectories.records import Episode, Step


class Scope(StrEnum):
    """What is scored."""

    STEP = "step"
    EPISODE = "episode"


class Need(StrEnum):
    """What a scorer looks at beside the step or episode itself."""

    IMAGE = "image"
    GROUP = "group"


class About(StrEnum):
    """What a value depends on: only one of a state can be a potential."""

    STATE = "state"
    ACTION = "action"
    OUTCOME = "outcome"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is to be scored.

    Attributes:
        episode: The episode.
        t: The step; ``None`` for the whole episode.
        group: The episodes that began in the same state, this one among them.
        frame: Finds an image by its hash.
    """

    episode: Episode
    t: int | None = None
    group: tuple[Episode, ...] = ()
    frame: Callable[[str], Frame | None] = field(default=lambda sha256: None)

    @property
    def step(self) -> Step:
        """The step.

        Raises:
            ValueError: The subject is a whole episode.
        """
        found = next((step for step in self.episode.steps if step.t == self.t), None)
        if found is None:
            raise ValueError(f"episode {self.episode.id!r} has no step {self.t}")
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """A judgement, or the reason why there is none.

    Attributes:
        value: The number; means nothing when ``trouble`` is given.
        trouble: Why there is no number.
        said: How the judge put it.
        parts: Other numbers, kept beside it.
    """

    value: float = 0.0
    trouble: str = ""
    said: str = ""
    parts: Mapping[str, float] = field(default_factory=dict)

    @property
    def valid(self) -> bool:
        """Whether there is a number."""
        return not self.trouble


class Scorer(Protocol):
    """Gives numbers to recorded steps or episodes."""

    name: str
    """Name in the registry, and of its layer."""

    version: int
    """Of its formula or prompt; part of where a value comes from."""

    scope: Scope
    """What it scores."""

    about: About
    """What its values depend on."""

    needs: frozenset[Need]
    """What it looks at."""

    judged: bool
    """Whether its values are opinions, whose agreement must be on record before a reward may use them."""

    good_from: float
    """From which value on it calls a thing good."""

    codecs: frozenset[str]
    """The languages whose words it can read; empty for whatever is spoken."""

    def settings(self) -> Mapping[str, Any]:
        """What its values depend on; never a secret."""

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """Score each subject, in order; what a group needs is given whole."""


SCORERS: Registry[Scorer] = Registry("scorer")
