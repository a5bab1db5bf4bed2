"""The contract of a sampler: it plans the groups of an iteration, and sees how they came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry


class Sampler(Protocol):
    """Chooses what is tried next; ``moment.Memory`` has the answers of one that remembers nothing.

    A class that cannot plan without ``Moment.pass_rates`` says so: ``needs_pass_rates = True``. One that changes what
    another sampler plans is an ``Around``.
    """

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """The next groups, by the moment's random streams and what is remembered alone.

        A group editor may have more planned in the same iteration; ``moment.attempt`` then counts up.
        """

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """See the groups that were rolled out, those without faults, before anything edits them."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""


SAMPLERS: Registry[Sampler] = Registry("sampler")


def groups_on(moment: Moment, tasks: Sequence[str], stream: str) -> list[GroupPlan]:
    """A group on each of these tasks, with seeds from the random stream of that name."""
    seeds = moment.rng(stream).integers(2**31, size=len(tasks)).tolist()
    return [GroupPlan(task=task, seed=seed, size=moment.group_size) for task, seed in zip(tasks, seeds, strict=True)]
