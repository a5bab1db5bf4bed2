"""Rolls the groups of one iteration out, as often as sampler and group editors ask for some."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from clickwright.agents.limited import Limited
from clickwright.rl.advantages import Group
from clickwright.rl.loop_plugins import LoopPlugins
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.runner import Job, by_member
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.records import Episode


class Collector:
    """What is rolled out in one iteration.

    Args:
        work: What the run holds open.
        plugins: The guides change every job; the sampler sees every group.
        moment: Where the training stands.

    Attributes:
        episodes: Every episode so far, those with faults too.
    """

    def __init__(self, work: Workspace, plugins: LoopPlugins, moment: Moment) -> None:
        self.work, self.plugins, self.moment = work, plugins, moment
        self.episodes: list[Episode] = []
        self._groups: list[Group] = []
        self._num_planned = 0

    def collect(self, plans: Sequence[GroupPlan]) -> list[Group]:
        """Roll planned groups out; those that cannot be compared are left out."""
        first = self._num_planned
        self._num_planned += len(plans)
        jobs = by_member(
            [
                self.plugins.guided(self._jobs(first + number, plan), plan, self.moment)
                for number, plan in enumerate(plans)
            ]
        )
        episodes = self.work.runner.run(jobs, self.work.agent(greedy=False))
        groups = self.work.runner.groups(jobs, episodes)
        self.plugins.sampler.observe(groups, self.moment)
        self.episodes += episodes
        self._groups += groups
        return groups

    def rates(self) -> dict[str, float]:
        """Share of the tries that met the goal, by task."""
        by_task: dict[str, list[bool]] = {}
        for group in self._groups:
            by_task.setdefault(group.task, []).extend(episode.success for episode in group.episodes)
        return {task: sum(results) / len(results) for task, results in by_task.items()}

    def _jobs(self, number: int, plan: GroupPlan) -> list[Job]:
        work, iteration = self.work, self.moment.iteration
        group_id = f"train{work.session}-{iteration:04d}-{number:02d}"
        jobs = [
            Job(
                env_id=plan.task,
                seed=plan.seed,
                split="train",
                stream=f"train/{iteration}/{number}/{member}",
                episode_id=f"{group_id}-{member}",
                recorded_as="train",
                group_id=group_id,
                member=member,
                iteration=iteration,
                frames=work.recipe.record.frames == "all",
            )
            for member in range(plan.size)
        ]
        if not plan.max_steps:
            return jobs
        return [job.wrapped(partial(Limited, max_steps=plan.max_steps)) for job in jobs]
