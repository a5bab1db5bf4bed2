"""Recorded episodes and groups for the tests of what stands around an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clickwright.rl.advantages import Group
from clickwright.rl.moment import Moment
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.store import StoreWriter

TASK = "tests/doors-v0"


def episode(
    name: str,
    reward: float,
    *,
    said: Sequence[int] = (5, 2),
    version: int = 0,
    iteration: int = 0,
    penalty: float = 0.0,
    start: str = "s",
    seed: int = 0,
) -> Episode:
    """One step that earned ``reward`` less ``penalty``."""
    step = Step(
        t=0,
        state_key=start,
        state_digest=start,
        raw="go",
        prompt_ids=(3, 4),
        completion_ids=tuple(said),
        logprobs=(-0.5,) * len(said),
        finish_reason="stop",
        policy_version=version,
        reward=reward - penalty,
        reward_parts={"task": reward, "invalid": -penalty},
    )
    return Episode(
        id=name, env_id=TASK, task="doors", seed=seed, goal="out", status=Status.TERMINATED, success=reward > 0.5,
        iteration=iteration, steps=(step,),
    )  # fmt: skip


def group_of(episodes: Sequence[Episode], *, name: str = "g", task: str = TASK) -> Group:
    """Some episodes as a group."""
    return Group(id=name, task=task, seed=0, episodes=tuple(episodes))


def failures(count: int, *, iteration: int, name: str = "f") -> list[Episode]:
    """Episodes that earned nothing."""
    return [episode(f"{name}{iteration}-{number}", 0.0, iteration=iteration) for number in range(count)]


def moment_of(*, iteration: int, version: int | None = None, size: int = 8) -> Moment:
    """An iteration of a run; its version is its number unless it is given."""
    return Moment(
        iteration=iteration, max_iterations=100, version=iteration if version is None else version, seed=0,
        tasks=(TASK,), num_groups=1, group_size=size,
    )  # fmt: skip


def recorded(run: Path, episodes: Sequence[Episode]) -> Path:
    """Write episodes into the store of a run."""
    with StoreWriter(run) as writer:
        for one in episodes:
            writer.add(one)
    return run
