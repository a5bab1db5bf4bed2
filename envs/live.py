"""The rules of a running episode: what an action does to it, free of everything that is Gymnasium's."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

import numpy as np

from clickwright.envs.actions import MAX_TEXT, Action, Finish, Invalid, Say
from clickwright.envs.faults import SURFACE_KIND, border
from clickwright.envs.observation import box_of
from clickwright.envs.surface import Frame, Surface, View, Wants
from clickwright.envs.task import Goal, Score, Task
from clickwright.errors import ConfigError, FaultKind, SurfaceFault, UnknownNameError

SPLITS = ("train", "eval")
"""The two disjoint halves of every task's episodes."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Limits and prices.

    Attributes:
        max_steps: Steps after which an episode is truncated.
        invalid_penalty: Price of an action that could not be done.
        max_invalid: How many of them in a row truncate the episode.
    """

    max_steps: int
    invalid_penalty: float
    max_invalid: int


@dataclass(slots=True, kw_only=True)
class LiveEpisode:
    """What changes from step to step.

    Attributes:
        seed: Which episode.
        split: Which half of the episodes it is from.
        goal: What it asks for.
        view: What the surface showed last.
        wants: What is captured at every step.
        actions: Everything that was tried, in order.
        said: Texts of ``say``.
        invalid_in_row: Actions that could not be done since the last that could.
        score: The last judgement.
        fault: Why the machinery failed, if it did.
        ended_by: ``"task"``, ``"finish"``, ``"max_steps"``, ``"max_invalid"``, ``"fault"``; empty while it runs.
        build: What drew its frames; see ``Surface.build``.
    """

    seed: int
    split: str
    goal: Goal
    view: View
    wants: Wants
    actions: list[Action] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    invalid_in_row: int = 0
    score: Score = field(default_factory=lambda: Score(reward=0.0, success=False, done=False))
    fault: SurfaceFault | None = None
    ended_by: str = ""
    build: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one step came to.

    Attributes:
        action: What was tried; ``None`` for a reset.
        error: Why it could not be done; empty when it was.
        reward: Score minus penalty.
        parts: The task's own terms, and ``task`` and ``invalid``, which add up to the reward.
        box: Element it was aimed at.
        before: The frame before it; ``None`` for a reset and where no frames are captured.
        timing_ms: Milliseconds by phase.
    """

    action: Action | None = None
    error: str = ""
    reward: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)
    box: Box | None = None
    before: Frame | None = None
    timing_ms: Mapping[str, float] = field(default_factory=dict)


def split_of(options: Mapping[str, Any] | None, default: str) -> str:
    """The split that the options of a reset ask for.

    Raises:
        ConfigError: An option other than ``split``.
        UnknownNameError: A split that does not exist.
    """
    unknown = set(options or ()) - {"split"}
    if unknown:
        raise ConfigError(f"reset() does not know the option {', '.join(sorted(unknown))}; it knows: split")
    split = (options or {}).get("split", default)
    if split not in SPLITS:
        raise UnknownNameError("split", str(split), allowed=SPLITS)
    return str(split)


def turn_of_reset(live: LiveEpisode) -> Turn:
    """What a reset tells, in the shape of a step."""
    return Turn(error="" if live.fault is None else str(live.fault))


def start(surface: Surface, task: Task[Any], *, seed: int, split: str, wants: Wants) -> LiveEpisode:
    """Put the surface into the first state of an episode and look at it.

    The random stream is drawn from the seed and the split together, so the two halves share no episode.

    Raises:
        SurfaceFault: The surface or the task's ``setup`` failed.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, SPLITS.index(split)])))
    task.split = split
    with border("reset/setup", FaultKind.SCORER):
        goal = task.setup(surface, seed, rng)
        if len(goal.text) > MAX_TEXT:
            raise ValueError(f"goal of {len(goal.text)} characters; at most {MAX_TEXT}")
    wants = replace(wants, probe=goal.probe)
    with border("reset/observe", SURFACE_KIND[task.profile]):
        view = surface.step(None, wants)
    return LiveEpisode(seed=seed, split=split, goal=goal, view=view, wants=wants, build=surface.build)


def take(live: LiveEpisode, action: Action, surface: Surface, task: Task[Any], rules: Rules) -> Turn:
    """Take one action: perform it, judge it, count it.

    Raises:
        SurfaceFault: The surface or the task's ``score`` failed.
    """
    live.actions.append(action)
    if isinstance(action, Invalid):
        turn = _refuse(live, action, rules)
    else:
        turn = _perform(live, action, surface, task, rules)
    live.invalid_in_row = live.invalid_in_row + 1 if turn.error else 0
    live.ended_by = _ending(live, action, rules)
    return turn


def _refuse(live: LiveEpisode, action: Invalid, rules: Rules) -> Turn:
    """What is no action does not reach the surface: the page stays as it is and so does its view."""
    error = f"{action.reason}: {action.detail}" if action.detail else str(action.reason)
    live.score = replace(live.score, reward=0.0, done=False)
    parts = _parts({}, 0.0, rules.invalid_penalty)
    return Turn(action=action, error=error, reward=0.0 - rules.invalid_penalty, parts=parts, before=live.view.screen)


def _perform(live: LiveEpisode, action: Action, surface: Surface, task: Task[Any], rules: Rules) -> Turn:
    before = live.view
    said = isinstance(action, Say | Finish)
    with border("step/act", SURFACE_KIND[task.profile]):
        live.view = view = surface.step(None if said else action, live.wants)
    if isinstance(action, Say):
        live.said.append(action.text)
    started = perf_counter()
    with border("step/score", FaultKind.SCORER):
        live.score = score = task.judge(before, view, action)
        if not math.isfinite(score.reward):
            raise ValueError(f"reward is {score.reward}")
    score_ms = (perf_counter() - started) * 1e3
    error = "" if said else view.error
    penalty = rules.invalid_penalty if error else 0.0
    return Turn(
        action=action,
        error=error,
        reward=float(score.reward) - penalty,
        parts=_parts(score.parts, float(score.reward), penalty),
        box=box_of(action, before.elements),
        before=before.screen,
        timing_ms={**view.timing_ms, "score": score_ms},
    )


def _parts(own: Mapping[str, float], reward: float, penalty: float) -> dict[str, float]:
    return {**own, "task": reward, "invalid": -penalty if penalty else 0.0}


def _ending(live: LiveEpisode, action: Action, rules: Rules) -> str:
    if live.score.done:
        return "task"
    if isinstance(action, Finish):
        return "finish"
    if live.invalid_in_row >= rules.max_invalid:
        return "max_invalid"
    return "max_steps" if len(live.actions) >= rules.max_steps else ""
