"""An episode played by its oracle before it begins: how a variant knows what is true of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.envs.actions import Action, Press, Ref, TypeText, targets
from clickwright.envs.live import Rules, start, take
from clickwright.envs.surface import Element, Surface, View, Wants
from clickwright.envs.task import Goal, Task
from clickwright.errors import FaultKind, SurfaceFault

TEXT_BUDGET = 100_000
"""A rehearsal reads the whole page, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One action of the oracle and the elements it was chosen from."""

    action: Action
    elements: tuple[Element, ...]

    @property
    def aimed_at(self) -> tuple[Element, ...]:
        """The elements it acts on."""
        return acted_on(self.action, self.elements)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What an oracle did, from the first state of an episode to success.

    Attributes:
        goal: What the episode asks for.
        start: What is seen at first.
        moves: What was done, in order.
    """

    goal: Goal
    start: View
    moves: tuple[Move, ...]


def rehearse(task: Task[Any], surface: Surface, seed: int) -> Rehearsal:
    """Let the oracle play an episode of the task's split; ``task.setup`` afterwards puts its first state back.

    Raises:
        SurfaceFault: The machinery failed, or the oracle did: then nothing is known about the episode.
    """
    live = start(surface, task, seed=seed, split=task.split, wants=Wants(text_budget=TEXT_BUDGET))
    rules = Rules(max_steps=task.max_steps, invalid_penalty=0.0, max_invalid=task.max_steps)
    opening, moves = live.view, list[Move]()
    actions = task.oracle(surface, live.goal, live.view)
    try:
        action = next(actions, None)
        while action is not None:
            moves.append(Move(action=action, elements=live.view.elements))
            take(live, action, surface, task, rules)
            action = None if live.ended_by else actions.send(live.view)
    except StopIteration:
        pass
    finally:
        actions.close()
    if not live.score.success:
        detail = f"the oracle of {task.name!r} does not solve seed {seed}, so nothing can be said about a variant of it"
        raise SurfaceFault(FaultKind.SCORER, where="reset/rehearsal", detail=detail, retryable=False)
    return Rehearsal(goal=live.goal, start=opening, moves=tuple(moves))


def acted_on(action: Action, elements: Sequence[Element]) -> tuple[Element, ...]:
    """The elements that an action acts on: those it names, the smallest under its points, or the one with the focus.

    Example:
        >>> from clickwright.envs.actions import Click, Point
        >>> ok = Element(ref=1, role="button", name="Ok", box=(0.1, 0.1, 0.2, 0.2))
        >>> [element.name for element in acted_on(Click(target=Point(x=0.15, y=0.15)), [ok])]
        ['Ok']
    """
    aimed = targets(action)
    if not aimed and isinstance(action, TypeText | Press):
        return tuple(element for element in elements if "focused" in element.states)
    found = list[Element]()
    for target in aimed:
        if isinstance(target, Ref):
            hit = [element for element in elements if element.ref == target.ref]
        else:
            hit = [e for e in elements if e.box[0] <= target.x <= e.box[2] and e.box[1] <= target.y <= e.box[3]]
        found += sorted(hit, key=_area)[:1]
    return tuple(found)


def _area(element: Element) -> float:
    left, top, right, bottom = element.box
    return (right - left) * (bottom - top)
