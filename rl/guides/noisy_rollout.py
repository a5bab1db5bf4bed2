"""NoisyRollout: part of a group reads a distorted page, and everybody learns as if they had read the clean one.

    strength(t) = strength * (1 - sigmoid(steepness * (t - middle)))         t: share of the training that is done

The page is distorted so that every ref stays valid (``page_lines.thinned``): lines that are not acted on are dropped,
or their names are cut short, each with probability ``strength(t)``. A page without refs stays as it is. Clean and
distorted members are one group, credited together.

The rows of distorted members are trained on the clean prompt, rebuilt from the recorded page. The log-probabilities
they were sampled with belong to the other prompt, so they are taken anew after the clean one, by the weights that
acted: the ratio starts at 1, and that the sample came from another distribution is not corrected for, which is the
method.

Pages are text here. A run's policy reads no screens, so that distorted images would be read by nothing.

Source: Liu et al., NoisyRollout (arXiv 2504.13055); John-AI-Lab/NoisyRollout ``image_aug.py`` (half of the members,
half of the diffusion steps, ``1 - sigmoid(30 * (step - 40) / total)``).
Unchecked: the length of training that 40 steps are two thirds of, that the update reads the clean page, and whether
distorting text does what distorting images does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field

from clickwright.agents.lens import Lens
from clickwright.rl import registry
from clickwright.rl.guides.base import GUIDES
from clickwright.rl.guides.page_lines import thinned
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.rows import Traced
from clickwright.rl.runner import Job
from clickwright.rl.streams import stream
from clickwright.rl.teaching import Lesson

NOISE = "noise"
"""Entry of ``Job.meta``: the strength of the distortion that a member read through."""


NOTHING = 1e-3
"""Strength under which every page is clean."""


def annealed(strength: float, progress: float, *, middle: float, steepness: float) -> float:
    """The strength at a share of the training.

    Example:
        >>> [round(annealed(0.5, t, middle=0.5, steepness=30.0), 6) for t in (0.0, 0.5, 0.6)]
        [0.5, 0.25, 0.023713]
    """
    return strength / (1.0 + math.exp(steepness * (progress - middle)))


@GUIDES.register("noisy_rollout")
class NoisyRollout(Memory):
    """Part of a group reads a distorted page; its rows are learnt on the clean one."""

    class Options(registry.Options):
        """Settings.

        Attributes:
            share: Share of the members that read a distorted page, rounded down.
            strength: Distortion at the start of the training.
            middle: Share of the training at which half of it is left.
            steepness: How fast it goes there.
        """

        share: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5
        strength: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
        middle: Annotated[float, Field(ge=0.0, le=1.0)] = 2 / 3
        steepness: Annotated[float, Field(gt=0.0, le=500.0)] = 30.0

    def __init__(self, options: Options) -> None:
        self.options = options
        self._strength = 0.0
        self._num_rows = 0

    def guide(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs, the last of them behind a lens."""
        options = self.options
        self._strength = annealed(options.strength, moment.progress, middle=options.middle, steepness=options.steepness)
        if self._strength < NOTHING:
            return list(jobs)
        first = len(jobs) - int(options.share * len(jobs))
        return [*jobs[:first], *(self._noisy(job, moment) for job in jobs[first:])]

    def teach(self, rows: Sequence[Traced], lesson: Lesson) -> list[Traced]:
        """The rows, those of distorted members after the clean prompt."""
        result = list(rows)
        noisy = [place for place, traced in enumerate(rows) if traced.place >= 0 and traced.episode.meta.get(NOISE)]
        clean = [
            replace(rows[place].row, prompt_ids=lesson.prompt(rows[place].episode, rows[place].t)) for place in noisy
        ]
        for place, row in zip(noisy, lesson.reread(clean), strict=True):
            result[place] = replace(rows[place], row=row)
        self._num_rows = len(noisy)
        return result

    def metrics(self) -> Mapping[str, float]:
        """Strength of the last iteration, and rows that were read anew."""
        return {"guide/noise": self._strength, "guide/noisy_rows": self._num_rows}

    def _noisy(self, job: Job, moment: Moment) -> Job:
        show = partial(distorted, seed=moment.seed, key=job.stream, strength=self._strength)
        return job.wrapped(partial(Lens, page=show)).noted({NOISE: self._strength})


def distorted(page: str, t: int, *, seed: int, key: str, strength: float) -> str:
    """What a member reads at step ``t``; the same whenever it is asked."""
    return thinned(page, stream(seed, "noisy rollout", key, t), strength)
