"""Share-GRPO: members of a group are given variants of their task, and what each says is learnt under all of them.

    member i reads variant i mod m                                    m: number of wordings
    its rows           after its own prompt          A = z_global + z_local      (estimator ``share_grpo``)
    and, with share,   after every other prompt      A = z_global

A variant is the goal in other words around it, and with ``order = "rotated"`` the elements of every page in another
order, which is the same task only where the goal names no places ("the first link"). Both are done to what is read: the
environment, its score and its states are the same, so that the members of a group start equal.

Without ``share`` and with estimator ``grpo`` this is J4R's EIS-GRPO: one group over all variants, each row after its
own prompt. The log-probabilities of rows after another prompt are those of the weights that acted; see
``Lesson.reread``.

Sources: R1-ShareVL (arXiv 2505.16673), HJYao00/R1-ShareVL ``ray_trainer.py``, ``core_algos.py`` (2 variants, 6
rollouts); J4R (2025).
Unchecked: the arXiv number of Share-GRPO, how J4R's code groups prompts, and the kinds of variants, which are this
project's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from clickwright.agents.agent import Agent
from clickwright.agents.lens import Lens
from clickwright.rl import registry
from clickwright.rl.guides.base import GUIDES, VARIANT
from clickwright.rl.guides.page_lines import reordered
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.rows import Traced
from clickwright.rl.runner import Job
from clickwright.rl.teaching import Lesson

GOAL = "{goal}"


def _with_goal(wording: str) -> str:
    if wording.count(GOAL) != 1:
        raise ValueError(f"the wording {wording!r} must hold {GOAL} once: that is where the task's own words go")
    return wording


@GUIDES.register("share_variants")
class ShareVariants(Memory):
    """Members read variants of one task, and learn from each other's answers."""

    class Options(registry.Options):
        """Settings.

        Attributes:
            wordings: One for each variant, with ``{goal}`` where the task's own words stand.
            order: ``same``, or ``rotated``: the elements of variant v stand v places further.
            share: Whether every row is learnt after the prompts of the other variants too.
        """

        wordings: Annotated[
            tuple[Annotated[str, Field(max_length=400), AfterValidator(_with_goal)], ...], Field(min_length=2)
        ] = (GOAL, f"Your task: {GOAL}")
        order: Literal["same", "rotated"] = "same"
        share: bool = True

    def __init__(self, options: Options) -> None:
        self.options = options
        self._num_rows = 0

    def guide(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs, each with its variant."""
        return [self._varied(job, job.member % len(self.options.wordings)) for job in jobs]

    def teach(self, rows: Sequence[Traced], lesson: Lesson) -> list[Traced]:
        """The rows, and each of them after the prompt of every other variant."""
        if not self.options.share:
            return list(rows)
        shared = lesson.credit.parts["global"]
        credited = [traced for traced in rows if traced.place >= 0]
        others = [
            (traced, variant)
            for traced in credited
            for variant in range(len(self.options.wordings))
            if variant != traced.episode.meta.get(VARIANT)
        ]
        after = lesson.reread(
            [
                replace(
                    traced.row,
                    prompt_ids=lesson.prompt(
                        traced.episode,
                        traced.t,
                        goal=self.goal(traced.episode.goal, variant),
                        page=partial(self.page, variant=variant),
                    ),
                    advantage=float(shared[traced.place]),
                    advantages=(),
                )
                for traced, variant in others
            ]
        )
        self._num_rows = len(others)
        return [*rows, *(replace(traced, row=row) for (traced, _), row in zip(others, after, strict=True))]

    def goal(self, goal: str, variant: int) -> str:
        """The goal in the words of a variant."""
        return self.options.wordings[variant].replace(GOAL, goal)

    def page(self, page: str, variant: int) -> str:
        """The page in the order of a variant."""
        if self.options.order == "same":
            return page
        return reordered(page, lambda num: [(place + variant) % num for place in range(num)])

    def metrics(self) -> Mapping[str, float]:
        """Rows learnt after prompts that they were not sampled after."""
        return {"guide/shared_rows": self._num_rows}

    def _varied(self, job: Job, variant: int) -> Job:
        def around(agent: Agent) -> Agent:
            return Lens(
                agent=agent, page=lambda page, t: self.page(page, variant), goal=lambda goal: self.goal(goal, variant)
            )

        return job.wrapped(around).noted({VARIANT: variant})
