"""The rollouts of one start as a tree: which steps they share, and where each goes its own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from clickwright.trajectories.records import Episode
from clickwright.trajectories.viewer.kin import kin, readable
from clickwright.trajectories.viewer.shapes import outcome
from clickwright.trajectories.viewer.source import Source
from clickwright.trajectories.wording import action_line

MAX_LINES = 12


def shared_steps(a: Episode, b: Episode) -> int | None:
    """The step up to which two episodes are the same and at which they part: same states, same actions before it.

    Returns:
        ``None`` when they do not even start in the same state.
    """
    steps_a, steps_b = a.steps, b.steps
    for t, (one, two) in enumerate(zip(steps_a, steps_b, strict=False)):
        if one.state_key != two.state_key:
            return t - 1 if t else None
        if action_line(one.action) != action_line(two.action):
            return t
    return max(min(len(steps_a), len(steps_b)) - 1, 0) if steps_a and steps_b else None


def tree_json(source: Source, a: Episode, b: Episode, *, blind: bool) -> list[dict[str, Any]]:
    """The two episodes, and those of their group and of their branches that begin as they do, as lines of a tree.

    Args:
        source: The run.
        a: The first line.
        b: The second.
        blind: Leave out how they ended.

    Returns:
        For each its id, its number of steps, and ``joins``: the line above that it has most in common with and the
        step at which it leaves it, ``None`` for one that begins elsewhere; ``same`` where it never leaves that line.
    """
    near = {identity for one in (a, b) for _, identity in kin(source, one, limit=2 * MAX_LINES)}
    others = [one for one in readable(source, sorted(near - {a.id, b.id})) if shared_steps(a, one) is not None]
    lines = [a, b, *sorted(others, key=lambda one: -(shared_steps(a, one) or 0))][:MAX_LINES]
    return [_line(lines[:place], one, blind=blind) for place, one in enumerate(lines)]


def _line(above: Sequence[Episode], episode: Episode, *, blind: bool) -> dict[str, Any]:
    joins = [(t, -place) for place, other in enumerate(above) if (t := shared_steps(other, episode)) is not None]
    t, place = max(joins, default=(None, 0))
    return {
        "id": episode.id,
        "member": episode.member,
        "kind": None if episode.parent is None else str(episode.parent.kind),
        "num_steps": len(episode.steps),
        "outcome": None if blind else outcome(episode.status, episode.success),
        "joins": None if t is None else {"line": -place, "t": t},
        "same": t is not None and _path(above[-place]) == _path(episode),
    }


def _path(episode: Episode) -> list[tuple[str, str]]:
    """The states of an episode and what was done in them."""
    return [(step.state_key, action_line(step.action)) for step in episode.steps]
