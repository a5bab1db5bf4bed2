"""What the episodes of one section of an evaluation come to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from clickwright.errors import ConfigError
from clickwright.rl.evaluate import TaskScore, summed
from clickwright.rl.exams.outcome import Outcome
from clickwright.rl.statistics import Estimate, bootstrap, pass_at_k

BySeed = dict[str, dict[int, list[Outcome]]]
"""The tries that count, by task and seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A section in numbers. Means are over tasks, of means over seeds, of means over tries.

    Attributes:
        num_episodes: Episodes that count.
        num_faults: Episodes that ended in a fault of our machinery and do not.
        success: Share that met the goal.
        pass_at: By ``k``, the chance that one of ``k`` tries at a seed does.
        solved: Share whose task was solved, a rule kept or not.
        kept: Share in which no rule was broken, solved or not.
        refused: Share that the agent ended as infeasible: over-refusal, or detection where the goal is infeasible.
        steps_per_success: Steps of all episodes over the number of successes; ``None`` without a success.
        tokens_per_success: The same of the tokens the policy wrote.
        valid_share: Share of all steps whose action could be performed.
        consistency: Share of steps with a thought whose thought names what they act on; ``None`` without thoughts.
        num_thoughts: Steps that this share is of.
        tasks: Each task's own numbers, by environment id.
    """

    num_episodes: int
    num_faults: int
    success: Estimate
    pass_at: Mapping[int, Estimate]
    solved: Estimate
    kept: Estimate
    refused: Estimate
    steps_per_success: float | None
    tokens_per_success: float | None
    valid_share: float
    consistency: float | None
    num_thoughts: int
    tasks: Mapping[str, TaskScore] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        estimates = {name: getattr(self, name).as_json() for name in _ESTIMATES}
        passes = {str(k): value.as_json() for k, value in self.pass_at.items()}
        tasks = {name: asdict(task) for name, task in self.tasks.items()}
        return {**plain, **estimates, "pass_at": passes, "tasks": tasks}


_PLAIN = (
    "num_episodes", "num_faults", "steps_per_success", "tokens_per_success", "valid_share", "consistency",
    "num_thoughts",
)  # fmt: skip
_ESTIMATES = ("success", "solved", "kept", "refused")


def summarise(outcomes: Sequence[Outcome], *, ks: Iterable[int] = (1,), seed: int = 0) -> Summary:
    """Sum a section up.

    Args:
        outcomes: Its episodes.
        ks: What to estimate pass@k for.
        seed: Root of the bootstrap's random stream.

    Raises:
        ConfigError: No episode counts, or no seed has as many tries as the largest ``k``.
    """
    grouped = by_seed(outcomes)
    good = [outcome for outcome in outcomes if outcome.counts]
    if not good:
        raise ConfigError(
            f"not one of {len(outcomes)} evaluation episodes counts: `clickwright traj ls --status fault` lists why"
        )

    def share(value: Callable[[Outcome], float]) -> Estimate:
        return bootstrap(seed_means(grouped, value), seed=seed)

    num_steps = sum(one.num_steps for one in good)
    num_success = sum(one.success for one in good)
    num_thoughts = sum(one.num_thoughts for one in good)
    tasks: dict[str, list[Outcome]] = {}
    for one in outcomes:
        tasks.setdefault(one.env_id, []).append(one)
    return Summary(
        num_episodes=len(good),
        num_faults=len(outcomes) - len(good),
        success=share(lambda one: one.success),
        pass_at={k: _pass_at(grouped, k, seed) for k in ks},
        solved=share(lambda one: one.solved),
        kept=share(lambda one: not one.violations),
        refused=share(lambda one: one.refused),
        steps_per_success=num_steps / num_success if num_success else None,
        tokens_per_success=sum(one.num_tokens for one in good) / num_success if num_success else None,
        valid_share=1.0 - sum(one.num_invalid for one in good) / max(num_steps, 1),
        consistency=sum(one.num_named for one in good) / num_thoughts if num_thoughts else None,
        num_thoughts=num_thoughts,
        tasks={name: summed(own) for name, own in tasks.items()},
    )


def by_seed(outcomes: Iterable[Outcome]) -> BySeed:
    """The episodes that count, by task and seed."""
    found: BySeed = {}
    for outcome in outcomes:
        if outcome.counts:
            found.setdefault(outcome.env_id, {}).setdefault(outcome.seed, []).append(outcome)
    return found


def seed_means(grouped: BySeed, value: Callable[[Outcome], float]) -> dict[str, list[float]]:
    """A value's mean over the tries at each seed, by task."""
    return {task: [sum(map(value, tries)) / len(tries) for tries in seeds.values()] for task, seeds in grouped.items()}


def _pass_at(grouped: BySeed, k: int, seed: int) -> Estimate:
    """Pass@k over the seeds that have as many tries that count; a fault leaves one with fewer."""
    values = {
        task: [pass_at_k(len(one), sum(t.success for t in one), k) for one in seeds.values() if len(one) >= k]
        for task, seeds in grouped.items()
    }
    enough = {task: found for task, found in values.items() if found}
    if not enough:
        most = max(len(tries) for seeds in grouped.values() for tries in seeds.values())
        raise ConfigError(f"pass@{k}: no seed has {k} tries that count, the most is {most}; ask for a smaller k")
    return bootstrap(enough, seed=seed)
