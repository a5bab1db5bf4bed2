"""Episodes, groups, moments and situations for the tests of samplers and group editors."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from clickwright.rl.advantages import Group
from clickwright.rl.group_editors import Situation
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.pass_rates import PassRate
from clickwright.trajectories.records import Episode, Status, Step


def episode(
    name: str, score: float, *, task: str = "a", seed: int = 1, logprobs: Sequence[float] = (-1.0,), version: int = 0
) -> Episode:
    """One step that earns the score; it is a success when that is at least 1."""
    step = Step(
        t=0,
        state_key="s",
        prompt_ids=(1, 2),
        completion_ids=tuple(range(len(logprobs))),
        logprobs=tuple(logprobs),
        policy_version=version,
        reward=score,
    )
    return Episode(
        id=name,
        env_id=task,
        task=task,
        seed=seed,
        goal="g",
        status=Status.TERMINATED,
        success=score >= 1,
        steps=(step,),
    )


def group(name: str, scores: Sequence[float], *, task: str = "a", seed: int = 1, **more: Any) -> Group:
    """A group of one-step episodes with these scores."""
    members = tuple(episode(f"{name}-{i}", score, task=task, seed=seed, **more) for i, score in enumerate(scores))
    return Group(id=name, task=task, seed=seed, episodes=members)


def moment(iteration: int = 0, **changes: Any) -> Moment:
    """A moment of a training on the tasks a, b, c and d with eight groups of four."""
    rates = changes.pop("rates", {})
    settings = {
        "max_iterations": 10,
        "version": iteration,
        "seed": 0,
        "tasks": ("a", "b", "c", "d"),
        "num_groups": 8,
        "group_size": 4,
        "pass_rates": {task: PassRate(tries=100, successes=round(100 * rate)) for task, rate in rates.items()},
    }
    return Moment(iteration=iteration, **{**settings, **changes})


def answered(plans: Sequence[GroupPlan], scores: Callable[[GroupPlan], Sequence[float]]) -> list[Group]:
    """A group for each plan."""
    return [group(f"g{number}", scores(plan), task=plan.task, seed=plan.seed) for number, plan in enumerate(plans)]


def situation(at: Moment | None = None, *, run_dir: Path = Path(), **changes: Any) -> Situation:
    """A situation in which nothing more can be rolled out unless ``roll_out`` and ``plan`` are given."""

    def nothing(_: Any) -> list[Any]:
        raise AssertionError("not in this test")

    settings = {"roll_out": nothing, "plan": nothing, "say": nothing}
    return Situation(moment=at or moment(), run_dir=run_dir, **{**settings, **changes})


def through_json(state: Any) -> Any:
    """What a checkpoint makes of a state."""
    return json.loads(json.dumps(state))
