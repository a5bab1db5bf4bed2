"""Whether an action is the one that was wanted in a state: the action reward of single-step learning.

    1 if the kinds are equal, every target is the wanted element or lies in its box, and every other argument is equal
    0 otherwise

Arguments that only name an element beside its number do not count.

Source: Mobile-R1 (2025), stage 2: inside the box of the ground truth for pointing, exact for other arguments.
Unchecked: taken from a summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clickwright.envs.actions import Action, Point, Ref, Target, targets

Box = tuple[float, float, float, float]
"""Left, top, right, bottom, as fractions of the screen."""


def matches(said: Action, wanted: Action, *, elements: Sequence[Mapping[str, Any]] = ()) -> bool:
    """Whether one action does what another does.

    Example:
        >>> from clickwright.envs.actions import Click
        >>> ok = {"ref": 1, "role": "button", "name": "Ok", "box": (0.0, 0.0, 0.5, 0.1)}
        >>> matches(Click(target=Point(x=0.2, y=0.05)), Click(target=Ref(ref=1)), elements=[ok])
        True

    Args:
        said: What was said.
        wanted: What should have been.
        elements: ``info["elements"]`` of the state, whose boxes decide where one points at a place.
    """
    if said.kind != wanted.kind or _arguments(said) != _arguments(wanted):
        return False
    pairs = list(zip(targets(said), targets(wanted), strict=False))
    if len(pairs) != len(targets(wanted)) or len(targets(said)) != len(targets(wanted)):
        return False
    return all(_same_place(one, other, elements) for one, other in pairs)


def refers(action: Action, elements: Sequence[Mapping[str, Any]]) -> bool:
    """Whether every element that an action names by number is there."""
    known = {element["ref"] for element in elements}
    return all(not isinstance(target, Ref) or target.ref in known for target in targets(action))


def _arguments(action: Action) -> dict[str, Any]:
    """Everything but what points somewhere."""
    return {name: value for name, value in action.model_dump(mode="json").items() if name not in ("target", "path")}


def _same_place(one: Target, other: Target, elements: Sequence[Mapping[str, Any]]) -> bool:
    if isinstance(one, Ref) and isinstance(other, Ref):
        return one.ref == other.ref
    boxes: dict[int, Box] = {element["ref"]: element["box"] for element in elements}
    if isinstance(one, Point) and isinstance(other, Point):
        around = [box for box in boxes.values() if _inside(other, box)]
        return _inside(one, min(around, key=_area)) if around else one == other
    if isinstance(one, Ref):
        one, other = other, one
    assert isinstance(one, Point)
    assert isinstance(other, Ref)
    return _inside(one, boxes.get(other.ref))


def _inside(point: Point, box: Box | None) -> bool:
    return box is not None and box[0] <= point.x <= box[2] and box[1] <= point.y <= box[3]


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
