"""Recorded steps as GUI-R1 sees them: a name, a place, a text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from clickwright.envs.actions import (
    ACTION,
    Action,
    Drag,
    Finish,
    Invalid,
    OpenApp,
    Point,
    Press,
    Ref,
    Scroll,
    Search,
    Select,
    TypeText,
    targets,
)
from clickwright.rl.rewards.formulas.gui_r1 import Step as GuiStep
from clickwright.trajectories.records import Step

Box = tuple[float, float, float, float]


def gui_step(step: Step) -> GuiStep | None:
    """What was done in a step; ``None`` where it is no action."""
    try:
        action = ACTION.validate_python(dict(step.action))
    except ValidationError:
        return None
    if isinstance(action, Invalid):
        return None
    return GuiStep(action=_name(action), point=_point(action, step), text=text_of(action))


def right_place(step: Step, done: GuiStep) -> tuple[float, ...]:
    """Where somebody who does the same must point: into the box of the element that was hit, or near the point."""
    target = _target(step.action)
    box = element_box(step, target.ref) if isinstance(target, Ref) else None
    return box or step.box or done.point or ()


def text_of(action: Action) -> str:
    """What an action writes, chooses, or which way it goes; everything it says where it has no one text."""
    match action:
        case TypeText(text=text):
            return text
        case Select(values=values):
            return " ".join(values)
        case Scroll(dx=dx, dy=dy):
            return ("right" if dx > 0 else "left") if abs(dx) > abs(dy) else ("down" if dy > 0 else "up")
        case Press(keys=keys):
            return "+".join(keys)
        case OpenApp(name=name):
            return name
        case Search(query=query):
            return query
        case Finish(answer=answer):
            return answer
    said = action.model_dump(mode="json", exclude={"kind", "target", "path"})
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def element_box(step: Step, ref: int) -> Box | None:
    """The box of an element, as fractions of the screen; ``None`` where the step has no such element."""
    for element in step.elements:
        if element.get("ref") == ref and element.get("box") is not None:
            left, top, right, bottom = (float(edge) for edge in element["box"])
            return left, top, right, bottom
    return None


def _name(action: Action) -> str:
    """Clicks are told apart by button and count."""
    if action.kind != "click":
        return str(action.kind)
    if action.button != "left":
        return f"{action.button}_click"
    return "click" if action.count == 1 else "double_click"


def _target(said: Mapping[str, Any]) -> Point | Ref | None:
    try:
        found = targets(ACTION.validate_python(dict(said)))
    except ValidationError:
        return None
    return found[0] if found else None


def _point(action: Action, step: Step) -> tuple[float, float] | None:
    """Where an action points first, as fractions; the middle of an element that it names."""
    found = targets(action)
    if not found or isinstance(action, Drag):
        return None
    target = found[0]
    if isinstance(target, Point):
        return target.x, target.y
    box = element_box(step, target.ref) or step.box
    return None if box is None else ((box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0)
