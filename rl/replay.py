"""Success replay: a buffer of what worked, task by task, and when a group is so poor that it gets some of it.

    stored       finite worth > threshold                                      at most ``size`` a task, the oldest goes
    all failed   std(worth) < max_std  and  mean(worth) < max_mean             population std, over the group's members

The buffer holds the ids of episodes, not the episodes: what was seen, said and drawn with which log-probability lies
in the run's store, images by their hash, and is read out when it is needed. The buffer itself is part of a checkpoint.
So a run that is killed comes back with the buffer of its checkpoint, and what was recorded after that is in the store
and not in the buffer.

Source: Lu et al., ARPO (arXiv 2505.16282); dvlab-research/ARPO ``verl/trainer/replay_buffer.py``, ``ray_trainer.py``.
Unchecked: that paper's number. Not there: the age bound, that a repetition takes the place of what it repeats.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from clickwright.rl.advantages import Group
from clickwright.trajectories.records import Episode

TASK_PART = "task"
"""The term of a step's reward that the task's own evaluator gave; the others are penalties and shaping."""


class Worth(StrEnum):
    """What an episode is judged by: the task's evaluator alone, or its whole return, penalties included."""

    EVAL = "eval"
    REWARD = "reward"


def worth(episode: Episode, by: Worth) -> float:
    """What an episode came to.

    Example:
        >>> from clickwright.trajectories.records import Step
        >>> parts = {"task": 1.0, "invalid": -0.1}
        >>> episode = Episode(id="a", env_id="e", task="t", seed=0, goal="",
        ...                   steps=(Step(t=0, state_key="k", reward=0.9, reward_parts=parts),))
        >>> worth(episode, Worth.EVAL), worth(episode, Worth.REWARD)
        (1.0, 0.9)
    """
    if by is Worth.REWARD:
        return episode.score
    return float(sum(step.reward_parts.get(TASK_PART, step.reward) for step in episode.steps))


def all_failed(worths: Sequence[float], *, max_std: float = 0.05, max_mean: float = 0.2) -> bool:
    """Whether all members of a group came out badly, and alike; never where a worth is not a finite number.

    Example:
        >>> all_failed([0.0] * 7 + [0.15]), all_failed([0.2] * 8)
        (True, False)
    """
    values = np.asarray(worths, dtype=np.float64)
    if not len(values) or not np.isfinite(values).all():
        return False
    return bool(values.std() < max_std and values.mean() < max_mean)


class Stored(BaseModel):
    """An episode of the buffer.

    Attributes:
        episode_id: Its id in the run's store.
        version: Oldest version of the weights that sampled any of it.
        start: What it began in: equal starts mean the same goal in the same state.
        digest: Of its start and of all that was said in it: equal digests mean a repetition.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    episode_id: str
    version: int
    start: str
    digest: str


class Offer(StrEnum):
    """What became of an episode that the buffer was offered."""

    STORED = "stored"
    REPEATED = "repeated"
    POOR = "poor"
    NOT_FINITE = "not_finite"
    UNTRAINABLE = "untrainable"


class SuccessBuffer:
    """Successes by task, first in, first out.

    Args:
        size: Episodes kept per task.
        threshold: An episode must be worth more.
        max_age: Versions of the weights after which an episode is dropped; 0 keeps it.
    """

    def __init__(self, *, size: int = 8, threshold: float = 0.1, max_age: int = 0) -> None:
        self.size, self.threshold, self.max_age = size, threshold, max_age
        self._tasks: dict[str, list[Stored]] = {}

    def __len__(self) -> int:
        return sum(len(stored) for stored in self._tasks.values())

    def of(self, task: str) -> tuple[Stored, ...]:
        """What is stored of a task, the oldest first."""
        return tuple(self._tasks.get(task, ()))

    def offer(self, task: str, episode: Episode, value: float) -> Offer:
        """Store an episode, when it is worth it; a repetition goes in for what it repeats, as the youngest.

        Args:
            task: Registered environment id.
            episode: What was just recorded.
            value: What it is worth.
        """
        sampled = [step for step in episode.steps if step.trainable]
        if not episode.trainable or not sampled:
            return Offer.UNTRAINABLE
        if not math.isfinite(value) or not all(math.isfinite(p) for step in sampled for p in step.logprobs):
            return Offer.NOT_FINITE
        if value <= self.threshold:
            return Offer.POOR
        version = min(step.policy_version for step in sampled)
        new = Stored(episode_id=episode.id, version=version, start=start_of(episode), digest=digest_of(episode))
        others = [one for one in self.of(task) if one.digest != new.digest]
        repeated = len(others) < len(self.of(task))
        self._tasks[task] = [*others, new][-self.size :]
        return Offer.REPEATED if repeated else Offer.STORED

    def expire(self, version: int) -> int:
        """Drop what is more than ``max_age`` versions older than the weights that act now; returns how many."""
        if not self.max_age:
            return 0
        before = len(self)
        for task, stored in self._tasks.items():
            self._tasks[task] = [one for one in stored if version - one.version <= self.max_age]
        return before - len(self)

    def forget(self, task: str, episode_id: str) -> None:
        """Drop an episode."""
        self._tasks[task] = [one for one in self.of(task) if one.episode_id != episode_id]

    def candidates(self, group: Group, rng: np.random.Generator, *, without: Collection[str] = ()) -> list[Stored]:
        """What a group may be given, in a drawn order.

        Args:
            group: Its task decides.
            rng: Draws.
            without: Ids that may not be given.
        """
        found = [one for one in self.of(group.task) if one.episode_id not in without]
        return [found[place] for place in rng.permutation(len(found))]

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """The whole buffer, JSON only."""
        return {task: [one.model_dump() for one in stored] for task, stored in self._tasks.items() if stored}

    def restore(self, state: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Put back what ``state`` gave."""
        self._tasks = {task: [Stored.model_validate(dict(one)) for one in stored] for task, stored in state.items()}


def start_of(episode: Episode) -> str:
    """What an episode began in, as a short name."""
    first = episode.steps[0]
    return _named([episode.goal, first.state_digest or first.state_key or f"seed {episode.seed}"])


def digest_of(episode: Episode) -> str:
    """An episode's start and all that was said in it, as a short name; scripted steps count by their action."""
    return _named([start_of(episode), *(list(step.completion_ids) or dict(step.action) for step in episode.steps)])


def _named(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:24]
