"""Collect episodes: one coroutine each, no lock-step, environments kept warm, faults set aside.

::

    jobs -> lend a warm env -> run_episode -> episode --(fault)--> once more, same seed
                                                 |
    groups <- equal start? enough members? ------+
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from types import TracebackType
from typing import Any, Self, TypeVar

from clickwright.agents.agent import Agent, LanguageAgent
from clickwright.agents.batcher import Batcher
from clickwright.agents.episode import run_episode
from clickwright.envs.deadlines import Deadlines
from clickwright.envs.pool.kind import Kind
from clickwright.envs.pool.leases import Leases
from clickwright.rl.advantages import Group
from clickwright.trajectories.recorder import Recorder
from clickwright.trajectories.records import Episode
from clickwright.trajectories.store import StoreWriter

ResultT = TypeVar("ResultT")

NUM_COHORTS = 2
"""In deterministic mode one cohort generates while the other steps its environments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An episode to collect.

    Attributes:
        env_id: Registered id.
        seed: Given to ``reset``.
        split: Which half of the task's episodes the seed counts in, ``"train"`` or ``"eval"``.
        stream: Names the random stream the policy samples from; the same after a resume.
        episode_id: Unique in the store.
        recorded_as: The episode's ``split`` in the records (``"demo"`` for demonstrations).
        group_id: The group it belongs to.
        member: Place in the group.
        iteration: Training iteration.
        frames: Whether every step keeps a frame.
        options: Given to ``reset`` beside the split.
        wrap: Puts another agent around the one that acts; ``None`` for none.
        meta: Recorded with the episode.
    """

    env_id: str
    seed: int
    split: str
    stream: str
    episode_id: str
    recorded_as: str
    group_id: str = ""
    member: int = 0
    iteration: int = 0
    frames: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    wrap: Callable[[Agent], Agent] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    def wrapped(self, around: Callable[[Agent], Agent]) -> Job:
        """The same with another agent around the one that would act."""
        inner = self.wrap
        return replace(self, wrap=around if inner is None else lambda agent: around(inner(agent)))


@dataclass(slots=True)
class Faults:
    """What went wrong and was set aside, counted over a run.

    Attributes:
        num_faults: Episodes that ended in a fault.
        num_lost: Episodes whose second try ended in one too.
        num_unequal: Groups refused because their members did not start equal.
        num_small: Groups dropped because fewer than two members were left.
    """

    num_faults: int = 0
    num_lost: int = 0
    num_unequal: int = 0
    num_small: int = 0


class Runner:
    """Runs jobs against warm environments; one event loop and one set of environments for the whole run.

    Args:
        kind_of: What to build for an environment id, and whether every step keeps a frame.
        num_envs: Environments kept warm.
        num_workers: Processes to spread them over; 0 keeps them in this one.
        deadlines: What calls and episodes are held to.
        writer: Where episodes are recorded; ``None`` for nowhere.
        deterministic: Serve generation in fixed cohorts.
        warn: Told about groups that were refused.
    """

    def __init__(
        self,
        kind_of: Callable[[str, bool], Kind],
        *,
        num_envs: int,
        num_workers: int = 0,
        deadlines: Deadlines | None = None,
        writer: StoreWriter | None = None,
        deterministic: bool = False,
        warn: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._executor = ThreadPoolExecutor(max_workers=num_envs + 2, thread_name_prefix="clickwright-env")
        self._runner = asyncio.Runner()
        self._runner.get_loop().set_default_executor(self._executor)
        self._kind_of = cache(kind_of)
        self._envs = Leases(limit=num_envs, never_wait=deterministic, num_workers=num_workers, deadlines=deadlines)
        self._recorder = Recorder(writer)
        self._num_envs, self._deterministic, self._warn = num_envs, deterministic, warn
        self.faults = Faults()

    def run(
        self, jobs: Sequence[Job], agent: Agent, *, on_done: Callable[[Episode], None] = lambda episode: None
    ) -> list[Episode]:
        """Run every job and return the episodes in the order of the jobs; a lost one is there with its fault."""
        if self._deterministic and isinstance(agent, LanguageAgent):
            return self._runner.run(self._in_waves(jobs, agent, on_done))
        return self._runner.run(self._at_once(jobs, agent, on_done))

    def finish(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Run anything else in the loop of the episodes."""
        return self._runner.run(work)

    def groups(self, jobs: Sequence[Job], episodes: Sequence[Episode]) -> list[Group]:
        """Put episodes together by group, leaving out what cannot be compared.

        A group whose members did not start in the same state is refused: comparing them would credit the start.
        """
        members: dict[str, list[Episode]] = {}
        for job, episode in zip(jobs, episodes, strict=True):
            members.setdefault(job.group_id, [])
            if episode.trainable and episode.steps:
                members[job.group_id].append(episode)
        result = []
        for group_id, found in members.items():
            if len(found) < 2:
                self.faults.num_small += 1
                continue
            starts = {(episode.goal, episode.steps[0].state_digest) for episode in found}
            first = found[0]
            if len(starts) > 1:
                self.faults.num_unequal += 1
                self._warn(
                    f"group {group_id} refused: its {len(found)} members of {first.env_id} seed {first.seed} "
                    f"started in {len(starts)} different states"
                )
                continue
            result.append(Group(id=group_id, task=first.env_id, seed=first.seed, episodes=tuple(found)))
        return result

    def close(self) -> None:
        """Close the environments and the event loop; a second call does nothing."""
        try:
            self._runner.run(self._envs.close())
        finally:
            self._runner.close()
            self._executor.shutdown(wait=True)

    def __enter__(self) -> Self:
        """Return the runner itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the runner."""
        self.close()

    async def _at_once(self, jobs: Sequence[Job], agent: Agent, on_done: Callable[[Episode], None]) -> list[Episode]:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(self._one(job, agent, on_done)) for job in jobs]
        return [task.result() for task in running]

    async def _in_waves(
        self, jobs: Sequence[Job], agent: LanguageAgent, on_done: Callable[[Episode], None]
    ) -> list[Episode]:
        """Give seat k the jobs k, k + n, ...: who is served beside whom then depends on the jobs alone."""
        batcher = agent.completer
        assert isinstance(batcher, Batcher)
        num_seats = min(self._num_envs, len(jobs))
        seats = [batcher.join(number % NUM_COHORTS) for number in range(num_seats)]

        async def serve(number: int) -> list[Episode]:
            seated = agent.seated(seats[number])
            try:
                return [await self._one(job, seated, on_done) for job in jobs[number::num_seats]]
            finally:
                seats[number].leave()

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(serve(number)) for number in range(num_seats)]
        done = [task.result() for task in running]
        return [done[place % num_seats][place // num_seats] for place in range(len(jobs))]

    async def _one(self, job: Job, agent: Agent, on_done: Callable[[Episode], None]) -> Episode:
        episode = await self._try(job, agent)
        if episode.fault is not None:
            self.faults.num_faults += 1
            again = replace(job, stream=f"{job.stream}/again", episode_id=f"{job.episode_id}.again")
            episode = await self._try(again, agent)
            if episode.fault is not None:
                self.faults.num_faults += 1
                self.faults.num_lost += 1
        on_done(episode)
        return episode

    async def _try(self, job: Job, agent: Agent) -> Episode:
        async with self._envs.lend(self._kind_of(job.env_id, job.frames)) as env:
            return await run_episode(
                env,
                agent if job.wrap is None else job.wrap(agent),
                seed=job.seed,
                options={"split": job.split, **job.options},
                env_id=job.env_id,
                episode_id=job.episode_id,
                key=job.stream,
                split=job.recorded_as,
                group_id=job.group_id,
                member=job.member,
                iteration=job.iteration,
                meta=job.meta,
                executor=self._executor,
                recorder=self._recorder,
            )


def by_member(groups: Sequence[Sequence[Job]]) -> list[Job]:
    """Jobs of groups in the order first members, second members, ...: every task gets its environments at once."""
    longest = max((len(group) for group in groups), default=0)
    return [group[place] for place in range(longest) for group in groups if place < len(group)]
