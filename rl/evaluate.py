"""How often the policy succeeds, task by task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from clickwright.agents.agent import Agent
from clickwright.rl.exams.outcome import Outcome, outcome_of
from clickwright.rl.progress import Progress
from clickwright.rl.runner import Job, Runner, by_member
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.records import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskScore:
    """One task's results; episodes that ended in a fault do not count.

    Attributes:
        num_episodes: Episodes that count.
        num_faults: Episodes that do not.
        success: Share that met the goal.
        score: Mean return, penalties included.
        num_steps: Mean steps.
        invalid: Share of steps whose action could not be performed.
        num_tokens: Mean tokens that the policy wrote.
    """

    num_episodes: int
    num_faults: int
    success: float
    score: float
    num_steps: float
    invalid: float
    num_tokens: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The results of one evaluation.

    Attributes:
        stage: When it was made: ``"base"``, ``"warm"``, ``"final"`` or ``"dev-<iteration>"``.
        tasks: By environment id.
    """

    stage: str
    tasks: Mapping[str, TaskScore]

    @property
    def success(self) -> float:
        """Mean success over tasks."""
        return sum(task.success for task in self.tasks.values()) / max(len(self.tasks), 1)

    def as_json(self) -> dict[str, Any]:
        """For checkpoints and reports."""
        return {"stage": self.stage, "tasks": {name: asdict(task) for name, task in self.tasks.items()}}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """What ``as_json`` wrote."""
        return cls(stage=data["stage"], tasks={name: TaskScore(**task) for name, task in data["tasks"].items()})


def task_score(episodes: Sequence[Episode]) -> TaskScore:
    """Sum one task's episodes up."""
    return summed([outcome_of(episode) for episode in episodes])


def summed(outcomes: Sequence[Outcome]) -> TaskScore:
    """Sum one task's outcomes up."""
    good = [outcome for outcome in outcomes if outcome.counts]
    num_steps = sum(outcome.num_steps for outcome in good)
    count = max(len(good), 1)
    return TaskScore(
        num_episodes=len(good),
        num_faults=len(outcomes) - len(good),
        success=sum(outcome.success for outcome in good) / count,
        score=sum(outcome.score for outcome in good) / count,
        num_steps=num_steps / count,
        invalid=sum(outcome.num_invalid for outcome in good) / max(num_steps, 1),
        num_tokens=sum(outcome.num_tokens for outcome in good) / count,
    )


def held_out(runner: Runner, agent: Agent, jobs: Sequence[Job], *, progress: Progress, title: str) -> list[Episode]:
    """Run evaluation jobs and return their episodes in the order of the jobs."""
    with progress.stage(title, len(jobs), "episodes") as tracker:
        return runner.run(jobs, agent, on_done=lambda episode: tracker.advance())


def evaluate(
    work: Workspace, stage: str, *, seeds: Sequence[int], split: str = "eval", agent: Agent | None = None
) -> Evaluation:
    """Run every task on every seed.

    Args:
        work: The run.
        stage: Names the result.
        seeds: Given to ``reset``.
        split: ``"eval"`` for the held-out half, ``"train"`` for the other.
        agent: Who acts; the policy taking its most likely tokens when not given.
    """
    recipe = work.recipe
    record = recipe.record
    per_task = [
        [
            Job(
                env_id=env_id,
                seed=seed,
                split=split,
                stream=f"evaluate/{stage}/{env_id}/{seed}",
                episode_id=f"{stage}{work.session}-{short_name(env_id)}-{seed}",
                recorded_as="eval",
                iteration=work.policy.version,
                frames=record.frames == "all"
                or (record.frames == "eval" and stage == "final" and place < record.frames_per_task),
            )
            for place, seed in enumerate(seeds)
        ]
        for env_id in recipe.env.tasks
    ]
    jobs = by_member(per_task)
    actor = agent or work.agent(greedy=True)
    episodes = held_out(work.runner, actor, jobs, progress=work.progress, title=f"evaluate {stage}")
    by_task: dict[str, list[Episode]] = {env_id: [] for env_id in recipe.env.tasks}
    for job, episode in zip(jobs, episodes, strict=True):
        by_task[job.env_id].append(episode)
    result = Evaluation(stage=stage, tasks={env_id: task_score(found) for env_id, found in by_task.items()})
    values: dict[str, Any] = {f"eval/{short_name(name)}": task.success for name, task in result.tasks.items()}
    work.metrics.write(f"eval-{stage}", work.policy.version, values | {"eval/success": result.success})
    return result


def short_name(env_id: str) -> str:
    """The task's own name.

    Example:
        >>> short_name("clickwright/miniwob.click-test-2-v0")
        'click-test-2'
    """
    name = env_id.rsplit("/", 1)[-1].rsplit("-v", 1)[0]
    return name.split(".", 1)[-1]
