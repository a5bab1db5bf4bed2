"""UFT: an expert plays the beginning of an episode, less and less of it, and the policy goes on.

    p(t)  = low + (1 - 2 low) / 2 * (1 + cos(pi * t / T_hint))      t < T_hint, none after that; low = 0.05
    n     ~ Binomial(S, p(t))                                         S = min(slices, L)
    k     = steps in the first n of S nearly equal slices of the oracle's L steps, at most L - 1

The oracle plays the start of every group once by itself, recorded as a demonstration, which tells ``L``; a group that
it does not solve gets no hint. All members of a group get the same ``k``. The hint's steps are steps of the episode: a
script took them, so that returns count them and credit does not. With ``likelihood`` they become rows that the loss
``uft`` imitates with a small weight, once for each group, whether its members came out differently or not.

``schedule = "stage"`` gives ``round(S * (1 - t / T_hint))`` slices, ``"uniform"`` any number of them alike (R3).

Source: Liu et al., UFT (arXiv 2505.16984); liumy2010/UFT ``run.py``, ``rl_dataset.py`` (5 slices, 300 of 500 steps).
Unchecked: the rounding of ``stage``, that slices are nearly equal, and that the policy always keeps the last step.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.agents.handover import HandOver
from clickwright.agents.scripted import OracleAgent
from clickwright.rl import registry
from clickwright.rl.batching import Row
from clickwright.rl.guides.base import AIDED, GUIDES
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.rows import Traced
from clickwright.rl.runner import Job
from clickwright.rl.teaching import Lesson
from clickwright.trajectories.records import Episode

LOW = 0.05
"""Chance of a slice at the end of the schedule; at its start it is one minus that."""


class Schedule(StrEnum):
    """How much of a solution is shown."""

    COSINE = "cosine"
    STAGE = "stage"
    UNIFORM = "uniform"


def chance(done: float) -> float:
    """Probability of a slice when ``done``, a share of the schedule, is over.

    Example:
        >>> [round(chance(done), 6) for done in (0.0, 0.25, 0.5, 1.0)]
        [0.95, 0.818198, 0.5, 0.05]
    """
    return LOW + (0.5 - LOW) * (1.0 + math.cos(math.pi * done))


def prefix_steps(num_given: int, *, slices: int, length: int) -> int:
    """Steps in the first ``num_given`` of ``slices`` nearly equal slices of a solution, without the last step.

    Example:
        >>> [prefix_steps(n, slices=5, length=12) for n in range(6)]
        [0, 3, 6, 8, 10, 11]
    """
    each, longer = divmod(length, slices)
    return min(num_given * each + min(num_given, longer), length - 1)


@GUIDES.register("expert_prefix")
class ExpertPrefix(Memory):
    """The task's oracle plays the first steps, fewer as training goes on."""

    needs_oracle = True
    """Whether every task of the recipe must have one."""

    class Options(registry.Options):
        """Settings.

        Attributes:
            schedule: ``cosine``, ``stage`` or ``uniform``.
            slices: Most parts that a solution is cut into.
            until: Share of ``train.max_iterations`` after which nothing is shown any more.
            likelihood: Whether the loss, which must be ``uft``, imitates what is shown.
            label_refs: Whether what is shown names the element beside its number, as in ``click "Ok" [3]``.
        """

        schedule: Schedule = Schedule.COSINE
        slices: Annotated[int, Field(ge=1, le=64)] = 5
        until: Annotated[float, Field(gt=0.0, le=1.0)] = 0.6
        likelihood: bool = True
        label_refs: bool = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self._moment = -1
        self._lengths: dict[tuple[str, int], int] = {}
        self._shares: list[float] = []
        self._num_rows = self._num_unsayable = self._num_watched = 0

    def wants_expert(self, plan: GroupPlan, moment: Moment) -> bool:
        """Whether the oracle has to play the start of a group first."""
        self._turn_to(moment)
        return moment.progress < self.options.until and (plan.task, plan.seed) not in self._lengths

    def watch(self, plan: GroupPlan, episode: Episode) -> None:
        """Remember how long the oracle's solution is; 0 where it has none."""
        solved = episode.trainable and episode.success
        self._lengths[plan.task, plan.seed] = len(episode.steps) if solved else 0
        self._num_watched += len(episode.steps)

    def guide(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs, begun by the oracle; all of them alike."""
        self._turn_to(moment)
        if moment.progress >= self.options.until:
            return list(jobs)
        length = self._lengths.get((plan.task, plan.seed), 0)
        taken = self._taken(length, moment, moment.rng("expert prefix", plan.task, plan.seed)) if length > 1 else 0
        if plan.max_steps:
            taken = min(taken, plan.max_steps - 1)
        self._shares.append(taken / max(length, 1))
        if not taken:
            return list(jobs)
        around = partial(HandOver, first=OracleAgent(label_refs=self.options.label_refs), num_steps=taken)
        return [job.wrapped(around).noted({AIDED: taken}) for job in jobs]

    def teach(self, rows: Sequence[Traced], lesson: Lesson) -> list[Traced]:
        """The rows, and one for each step that was shown, where they are to be imitated."""
        if not (self.options.likelihood and lesson.imitates):
            return list(rows)
        hinted = [next((one for one in group.episodes if one.meta.get(AIDED)), None) for group in lesson.groups]
        more = [row for episode in hinted if episode is not None for row in shown(episode, lesson)]
        num_shown = sum(episode.meta[AIDED] for episode in hinted if episode is not None)
        self._num_rows, self._num_unsayable = len(more), num_shown - len(more)
        return [*rows, *more]

    def metrics(self) -> Mapping[str, float]:
        """How much was shown in the last iteration."""
        share = sum(self._shares) / len(self._shares) if self._shares else 0.0
        return {
            "guide/expert_share": share,
            "guide/expert_rows": self._num_rows,
            "guide/expert_unsayable": self._num_unsayable,
            "guide/expert_steps": self._num_watched,
        }

    def _turn_to(self, moment: Moment) -> None:
        """Forget the iteration before this one."""
        if moment.iteration != self._moment:
            self._moment, self._lengths, self._shares, self._num_watched = moment.iteration, {}, [], 0

    def _taken(self, length: int, moment: Moment, rng: np.random.Generator) -> int:
        options, slices = self.options, min(self.options.slices, length)
        done = moment.progress / options.until
        if options.schedule is Schedule.COSINE:
            given = int(rng.binomial(slices, chance(done)))
        elif options.schedule is Schedule.STAGE:
            given = round(slices * (1.0 - done))
        else:
            given = int(rng.integers(slices + 1))
        return prefix_steps(given, slices=slices, length=length)


def shown(episode: Episode, lesson: Lesson) -> list[Traced]:
    """The steps that an expert took before the policy did, as demonstrations; those it cannot say are left out."""
    found = []
    for t, step in enumerate(episode.steps[: episode.meta[AIDED]]):
        said = lesson.writer.said(step)
        if said is None:
            continue
        row = Row(
            prompt_ids=lesson.writer.prompt(episode, step),
            completion_ids=said,
            group=-1,
            episode=-1,
            score=episode.score,
            success=episode.success,
        )
        found.append(Traced(row=row, episode=episode, t=t))
    return found
