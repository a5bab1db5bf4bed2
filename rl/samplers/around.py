"""Samplers around samplers: one that narrows or changes what another one plans names that one as ``of``.

::

    [train]
    sampler = { name = "scaling_inter", rounds = [4, 8], every = 20, of = { name = "adastar" } }
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Memory, Moment
from clickwright.rl.samplers.base import SAMPLERS, Sampler


class Around(Memory):
    """Plans, sees and remembers what an inner sampler does; a subclass says only what is different."""

    class Options(registry.Options):
        """What every one of them reads.

        Attributes:
            of: The inner sampler by ``name``, and its options.
        """

        of: dict[str, Any] = Field(default_factory=lambda: {"name": "balanced"})

    def __init__(self, options: Options) -> None:
        self.inner: Sampler = registry.plugin(SAMPLERS, options.of, "balanced")

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """What the inner sampler plans."""
        return self.inner.plan(moment)

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """Let the inner sampler see the groups."""
        self.inner.observe(groups, moment)

    def state(self) -> dict[str, Any]:
        """What the inner sampler remembers."""
        return {"of": self.inner.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self.inner.restore(state.get("of", {}))

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the inner sampler."""
        return self.inner.metrics()


def layers(sampler: Sampler) -> Iterator[Sampler]:
    """A sampler, the one it is around, and so on.

    Example:
        >>> from clickwright.rl.samplers import SAMPLERS
        >>> [type(one).__name__ for one in layers(SAMPLERS.build("scaling_inter"))]
        ['ScalingInter', 'Balanced']
    """
    yield sampler
    if isinstance(sampler, Around):
        yield from layers(sampler.inner)
