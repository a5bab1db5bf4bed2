"""What an evaluation is made of: tasks, seeds, tries, variants; checked before anything is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clickwright.envs.lookup import find_id
from clickwright.envs.pool.kind import Kind
from clickwright.envs.variants import VARIANTS
from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.kinds import kind_of
from clickwright.rl.run_sections import Env

SPLIT = "eval"
"""The half of every task's episodes that is never trained on."""

PLAIN, NEW_TASKS = "held-out seeds", "held-out tasks"
"""Sections without a variant: tasks that were trained on, and tasks that were not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Episodes that are summed up together.

    Attributes:
        name: Its title.
        variant: Variant of its tasks; ``""`` for the tasks themselves.
        seeds: The seeds of each task.
    """

    name: str
    variant: str = ""
    seeds: Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An evaluation that can be run.

    Attributes:
        env: Settings of the environments.
        tasks: Ids of the tasks that are known to the models.
        held_out_tasks: Ids of tasks that they were not trained on.
        num_seeds: Seeds per task.
        first_seed: The first of them.
        num_tries: Tries at each seed.
        ks: What pass@k is estimated for.
        temperature: Sampling temperature of models; 0 takes the most likely token.
        variants: Variants of all tasks to evaluate beside them.
        seed: Root of the random streams of sampling and of the bootstraps.
        num_envs: Environments kept warm.
        frames_per_task: Episodes per task and section that keep a frame of every step.
    """

    env: Env
    tasks: tuple[str, ...]
    held_out_tasks: tuple[str, ...] = ()
    num_seeds: int
    first_seed: int = 0
    num_tries: int = 1
    ks: tuple[int, ...] = (1,)
    temperature: float = 0.0
    variants: tuple[str, ...] = ()
    seed: int = 0
    num_envs: int = 16
    frames_per_task: int = 2

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds of every task."""
        return tuple(range(self.first_seed, self.first_seed + self.num_seeds))

    def as_json(self) -> dict[str, Any]:
        """Every setting, for a file."""
        own = {name: getattr(self, name) for name in self.__slots__ if name != "env"}
        return {**own, "split": SPLIT, "env": self.env.model_dump(mode="json", exclude={"tasks"})}


@dataclass(slots=True)
class Sections:
    """The sections of a plan, and what had to be left out of them.

    Attributes:
        found: In the order they are run.
        notes: What was left out, one sentence each.
    """

    found: list[Section] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_plan(plan: Plan, *, trained_on: Sequence[str] = ()) -> None:
    """Refuse what cannot be evaluated, or would not mean what it says.

    Args:
        plan: What was asked for.
        trained_on: Tasks that a model is known to have been trained on.

    Raises:
        ConfigError: Nothing to run, too few tries for a ``k``, tries that would all be the same, or a task that is no
            held-out one.
        UnknownNameError: An environment or a variant that does not exist.
    """
    if not plan.tasks and not plan.held_out_tasks:
        raise ConfigError("no task to evaluate: give --tasks, --recipe, or the folder of a run, which has its own")
    for name, value in (("episodes", plan.num_seeds), ("tries", plan.num_tries), ("environments", plan.num_envs)):
        if value < 1:
            raise ConfigError(f"{value} {name}: at least 1")
    if plan.first_seed < 0 or not 0.0 <= plan.temperature < 100.0:
        raise ConfigError(f"first seed {plan.first_seed}, temperature {plan.temperature}: neither is negative")
    for k in plan.ks:
        if not 1 <= k <= plan.num_tries:
            raise ConfigError(f"pass@{k} of {plan.num_tries} tries at each seed: give --tries {max(k, 1)} or more")
    if plan.num_tries > 1 and plan.temperature == 0.0:
        raise ConfigError(
            f"--tries {plan.num_tries} at temperature 0 would be one try {plan.num_tries} times: give --temperature 1"
        )
    for variant in plan.variants:
        if variant not in VARIANTS:
            raise UnknownNameError("variant", variant, allowed=VARIANTS)
    for env_id in (*plan.tasks, *plan.held_out_tasks):
        find_id(env_id)
    seen = sorted({*plan.held_out_tasks} & {*plan.tasks, *trained_on})
    if seen:
        raise ConfigError(f"no held-out tasks, since a model was trained on them or they are in --tasks: {seen}")


def sections_of(plan: Plan) -> Sections:
    """The sections of a plan; variants are looked for by resetting every episode once.

    Raises:
        ConfigError: A variant that none of the episodes has.
    """
    result = Sections()
    for name, tasks in ((PLAIN, plan.tasks), (NEW_TASKS, plan.held_out_tasks)):
        if tasks:
            result.found.append(Section(name=name, seeds=dict.fromkeys(tasks, plan.seeds)))
    for variant in plan.variants:
        seeds: dict[str, tuple[int, ...]] = {}
        for env_id in (*plan.tasks, *plan.held_out_tasks):
            kind = kind_of(plan.env, env_id, False, variant=variant)
            found, why = seeds_with_variant(kind, plan.seeds)
            if found:
                seeds[env_id] = found
            if len(found) < plan.num_seeds:
                lacking = plan.num_seeds - len(found)
                result.notes.append(f"{variant}: {lacking} of {plan.num_seeds} seeds of {env_id} left out: {why}")
        if not seeds:
            raise ConfigError(f"no episode has a variant {variant!r}:\n  " + "\n  ".join(result.notes))
        result.found.append(Section(name=variant, variant=variant, seeds=seeds))
    return result


def seeds_with_variant(kind: Kind, seeds: Sequence[int]) -> tuple[tuple[int, ...], str]:
    """The seeds whose episodes have the variant of a kind, and why the first of the others has none."""
    found, why = list[int](), ""
    try:
        env = kind.make()
    except ConfigError as error:
        return (), str(error)
    try:
        for seed in seeds:
            try:
                info = env.reset(seed=seed, options={"split": SPLIT})[1]
            except ConfigError as error:
                why = why or str(error)
                continue
            if "fault" in info:
                why = why or str(info["fault"]["detail"])
            else:
                found.append(seed)
    finally:
        env.close()
    return tuple(found), why
