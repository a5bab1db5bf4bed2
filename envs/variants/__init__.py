"""Variants of tasks: the same episodes with a goal that cannot be met, or with a rule to keep.

``TaskEnv(..., variant="infeasible")`` makes one of any task that has an oracle, registered or not::

    env = gym.make("clickwright/miniwob.click-button-v0", variant="infeasible")

The twin of an episode is the one of the same seed without a variant.
"""

from __future__ import annotations

from typing import Any

from clickwright.envs.task import Task
from clickwright.envs.variants.constraint import CONSTRAINT, Constraint
from clickwright.envs.variants.infeasible import INFEASIBLE, Infeasible
from clickwright.envs.variants.rules import RuleKind
from clickwright.errors import UnknownNameError

VARIANTS = (INFEASIBLE, CONSTRAINT, *(f"{CONSTRAINT}:{kind}" for kind in RuleKind))
"""Every variant by the name that ``TaskEnv`` takes; ``constraint`` alone draws one of its rules for each episode."""


def varied(task: Task[Any], variant: str) -> Task[Any]:
    """A variant of a task; the task itself for ``""``.

    Raises:
        UnknownNameError: There is no such variant.
        ConfigError: The task has no oracle, by which a variant finds out what is true of an episode.
    """
    if not variant:
        return task
    if variant not in VARIANTS:
        raise UnknownNameError("variant", variant, allowed=VARIANTS)
    if variant == INFEASIBLE:
        return Infeasible(task)
    _, _, kind = variant.partition(":")
    return Constraint(task, RuleKind(kind) if kind else None)
