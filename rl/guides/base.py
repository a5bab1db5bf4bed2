"""The contract of a guide: it changes the jobs of a group before they are rolled out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry
from clickwright.rl.runner import Job


class Guide(Protocol):
    """Changes how episodes are collected; ``moment.Memory`` has the answers of one that remembers nothing.

    A job says which environment is reset how, and by ``wrap`` who acts in it: ``Job.wrapped`` puts another agent around
    the one it has.
    """

    def guide(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs of one group as they shall be rolled out, as many as were given, in their order."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""


GUIDES: Registry[Guide] = Registry("guide")
