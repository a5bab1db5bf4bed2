"""The trail tasks, and what makes one of them and its surface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from clickwright.envs.games.trail.world import Design
from clickwright.errors import UnknownNameError

if TYPE_CHECKING:
    from clickwright.envs.games.trail.surface import TrailSurface
    from clickwright.envs.games.trail.task import TrailTask

DESIGNS: Mapping[str, Design] = {
    "short": Design(num_steps=3, num_forms=1),
    "medium": Design(num_steps=6, num_forms=1),
    "long": Design(num_steps=10, num_forms=2),
}
"""What the trails of each task are like."""

TASK_NAMES = tuple(DESIGNS)


def make_task(name: str) -> TrailTask:
    """A task by name.

    Raises:
        UnknownNameError: There is none of that name.
    """
    from clickwright.envs.games.trail.task import TrailTask

    if name not in DESIGNS:
        raise UnknownNameError("trail task", name, allowed=TASK_NAMES)
    return TrailTask(name, DESIGNS[name])


def surface_of(task: TrailTask) -> Callable[[], TrailSurface]:
    """What makes the surface of a task: one for all."""
    from clickwright.envs.games.trail.surface import TrailSurface

    return TrailSurface
