"""The contract of a sampler: it plans the groups of an iteration, and sees how they came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry


class Sampler(Protocol):
    """Chooses what is tried next; ``moment.Memory`` has the answers of one that remembers nothing."""

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """The groups of this iteration, by the moment's random streams alone."""

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """See the groups that were rolled out, those without faults, before anything edits them."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""


SAMPLERS: Registry[Sampler] = Registry("sampler")
