"""The contract of a guide: it changes the jobs of a group before they are rolled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from clickwright.rl.advantages.columns import VARIANT
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry
from clickwright.rl.runner import Job
from clickwright.trajectories.records import Episode

__all__ = ["AIDED", "GUIDES", "VARIANT", "Apprentice", "Guide"]

AIDED = "aided_steps"
"""Entry of ``Job.meta``: how many steps somebody else took first; such a try does not show what the policy can do."""


class Guide(Protocol):
    """Changes how episodes are collected; ``moment.Memory`` has the answers of one that remembers nothing.

    A job says which environment is reset how, and by ``wrap`` who acts in it: ``Job.wrapped`` puts another agent around
    the one it has. A guide that has ``teach`` too (``rl.teaching.Teacher``) has a say in the rows to learn from.
    """

    def guide(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs of one group as they shall be rolled out, as many as were given, in their order."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""


@runtime_checkable
class Apprentice(Protocol):
    """A guide that wants to see how the oracle plays the start of a group before the group is rolled out."""

    def wants_expert(self, plan: GroupPlan, moment: Moment) -> bool:
        """Whether it wants to see this one."""

    def watch(self, plan: GroupPlan, episode: Episode) -> None:
        """What the oracle did; it may have failed, or met a fault."""


GUIDES: Registry[Guide] = Registry("guide")
