"""Rolls the groups of one iteration out, as often as sampler and group editors ask for some."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from clickwright.agents.limited import Limited
from clickwright.agents.scripted import OracleAgent
from clickwright.rl.advantages import Group
from clickwright.rl.branch_points import BranchPoint
from clickwright.rl.guides import AIDED
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
        episodes: Every try at a start so far, those with faults too.
        others: What was rolled out beside them: branches, and what oracles showed.
    """

    def __init__(self, work: Workspace, plugins: LoopPlugins, moment: Moment) -> None:
        self.work, self.plugins, self.moment = work, plugins, moment
        self.episodes: list[Episode] = []
        self.others: list[Episode] = []
        self._groups: list[Group] = []
        self._num_planned = self._attempt = 0
        self._jobs_done: dict[str, Job] = {}
        self._sizes: Counter[str] = Counter()

    def collect(self, plans: Sequence[GroupPlan]) -> list[Group]:
        """Roll planned groups out; those that cannot be compared are left out."""
        first = self._num_planned
        self._num_planned += len(plans)
        self._watch_experts(first, plans)
        jobs = by_member(
            [
                self.plugins.guided(self._jobs(first + number, plan), plan, self.moment)
                for number, plan in enumerate(plans)
            ]
        )
        episodes = self._run(jobs)
        groups = self.work.runner.groups(jobs, episodes)
        self.plugins.sampler.observe(groups, self.moment)
        self.episodes += episodes
        self._groups += groups
        return groups

    def more(self, num_groups: int) -> list[GroupPlan]:
        """Plans of further groups, as the sampler chooses them; each call draws anew."""
        self._attempt += 1
        return self.plugins.sampler.plan(replace(self.moment, num_groups=num_groups, attempt=self._attempt))

    def branch(self, points: Sequence[BranchPoint]) -> list[Episode]:
        """Leave episodes of this iteration at some steps; what came to nothing is left out.

        A branch acts under the guides of the episode it leaves, and joins its group. Episodes of another iteration,
        which a replay may have brought, are not left: other weights led there.
        """
        jobs = []
        for point in points:
            job = self._jobs_done.get(point.episode.id)
            if job is None:
                continue
            number = self._sizes[job.group_id]
            self._sizes[job.group_id] += 1
            jobs.append(
                replace(
                    job,
                    stream=f"{job.stream}/at {point.t}/{number}",
                    episode_id=f"{job.group_id}-{number}",
                    member=number,
                    leaves=point,
                )
            )
        episodes = self._run(jobs)
        self.others += episodes
        return [episode for episode in episodes if episode.trainable and episode.steps]

    def rates(self) -> dict[str, float]:
        """Share of the tries that met the goal without help, by task."""
        by_task: dict[str, list[bool]] = {}
        for group in self._groups:
            alone = [episode.success for episode in group.episodes if not episode.meta.get(AIDED)]
            by_task.setdefault(group.task, []).extend(alone)
        return {task: sum(results) / len(results) for task, results in by_task.items() if results}

    def _run(self, jobs: Sequence[Job]) -> list[Episode]:
        episodes = self.work.runner.run(jobs, self.work.agent(greedy=False))
        for job, episode in zip(jobs, episodes, strict=True):
            self._jobs_done[episode.id] = job
        return episodes

    def _watch_experts(self, first: int, plans: Sequence[GroupPlan]) -> None:
        """Let the oracle play the starts that guides want to see."""
        wanted = [
            (number, plan)
            for number, plan in enumerate(plans, start=first)
            if self.plugins.wants_expert(plan, self.moment)
        ]
        jobs = [
            Job(
                env_id=plan.task,
                seed=plan.seed,
                split="train",
                stream=f"expert/{self.moment.iteration}/{number}",
                episode_id=f"expert{self.work.session}-{self.moment.iteration:04d}-{number:02d}",
                recorded_as="demo",
                iteration=self.moment.iteration,
                frames=self.work.recipe.record.frames == "all",
            )
            for number, plan in wanted
        ]
        episodes = self.work.runner.run(jobs, OracleAgent(label_refs=True)) if jobs else []
        for (_, plan), episode in zip(wanted, episodes, strict=True):
            self.plugins.watch(plan, episode)
        self.others += episodes

    def _jobs(self, number: int, plan: GroupPlan) -> list[Job]:
        work, iteration = self.work, self.moment.iteration
        group_id = f"train{work.session}-{iteration:04d}-{number:02d}"
        self._sizes[group_id] = plan.size
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
