r"""GUI-R1: a single step of a GUI agent against the right one: the action, the place, the text; and the form.

    R = 0.8 * accuracy + 0.2 * format

``accuracy`` is 1 where the action is the right one and
    a click       lies strictly inside the right box, or nearer to the right point than the radius;
    a text        (type, select, scroll) shares words with the right one: ``word_set_f1`` >= 0.5;
    anything else  is just that.

An answer is ``<think>..</think><answer>[{'action': 'click', 'point': [x, y], 'input_text': ''}]</answer>``. The release
runs it as Python and then reads it by patterns that know single quotes alone; here it is read as JSON, quoted either
way, and never run. ``Reading.PATTERNS`` is what the release sees.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clickwright.agents.codecs.strict_json import read_json
from clickwright.envs.action_scan import ScanError
from clickwright.rl.rewards.formulas.overlap import word_set_f1
from clickwright.rl.rewards.formulas.tags import Grammar, read_blocks

GRAMMAR = Grammar(after={"": ("think",), "think": ("answer",)}, last=("answer",))

RADIUS_PX = 140.0
"""How near a click must be to the right point, in pixels of the image the release gives its model."""

POINTED = frozenset({"click", "double_click", "right_click", "long_press"})
WRITTEN = frozenset({"type", "select", "scroll"})
NEEDS_TEXT = frozenset({"type", "select", "open_app"})
DIRECTIONS = frozenset({"left", "right", "up", "down"})
NO_TEXT = "no input text"

_ACTION = re.compile(r"'action':\s*'(\w+)'")
_TEXT = re.compile(r"'input_text':\s*'(.*?)'")
_PLACE = re.compile(r"\[(\d{1,6}),\s*(\d{1,6})\]")


class Reading(StrEnum):
    """How an answer is read: as strict JSON, or by the release's patterns."""

    STRICT = "strict"
    PATTERNS = "patterns"


class Match(StrEnum):
    """When a text is the right one: when it shares words with it, or when it is equal."""

    WORDS = "words"
    EXACT = "exact"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """An action of a GUI agent.

    Example:
        >>> Step(action="click", point=(500.0, 300.0)).text
        ''

    Attributes:
        action: Its name.
        point: Where it points, in the units of the right place; ``None`` for nowhere.
        text: What it writes, chooses or which way it goes.
    """

    action: str
    point: tuple[float, float] | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """The right action.

    Attributes:
        action: Its name.
        place: A point ``(x, y)``, a box ``(left, top, right, bottom)``, or nothing.
        text: Its text.
    """

    action: str
    place: tuple[float, ...] = ()
    text: str = ""


def read_step(text: str) -> tuple[Step | None, bool]:
    """The first action of an answer, ``None`` where it has none, and whether the answer is in the right form.

    Example:
        >>> read_step("<think>ok</think><answer>[{'action': 'wait', 'point': [0, 0], 'input_text': ''}]</answer>")
        (Step(action='wait', point=(0.0, 0.0), text=''), True)
    """
    blocks = read_blocks(text.strip(), GRAMMAR.tags)
    if GRAMMAR.fault(blocks):
        return None, False
    try:
        said = read_json(blocks.blocks[-1].text, loose=True)
    except ScanError:
        return None, False
    if not isinstance(said, list) or not said:
        return None, False
    steps = [_step(one) for one in said]
    return steps[0], all(one is not None and _complete(one) for one in steps)


def _step(said: Any) -> Step | None:
    match said:
        case {"action": str(action), "point": [int(x), int(y), *_], "input_text": str(text)}:
            if isinstance(x, bool) or isinstance(y, bool):
                return None
            return Step(action=action, point=(float(x), float(y)), text=text)
        case _:
            return None


def _complete(step: Step) -> bool:
    """Whether an action says what its kind needs."""
    action = step.action.lower()
    if action == "scroll":
        return step.text.lower() in DIRECTIONS
    return action not in NEEDS_TEXT or step.text != NO_TEXT


def read_by_patterns(text: str) -> Step:
    """The action that the release's patterns find in an answer.

    Unchecked: how much white space the pattern of a point allows.
    """
    start, end = text.find("<answer>"), text.find("</answer>")
    answer = text[start + len("<answer>") : end] if 0 <= start < end else ""
    action, said, places = _ACTION.search(answer), _TEXT.search(answer), _PLACE.findall(answer)
    return Step(
        action=action[1] if action else "no action",
        point=(float(places[-1][0]), float(places[-1][1])) if places else (0.0, 0.0),
        text=said[1] if said else NO_TEXT,
    )


def accuracy(
    step: Step,
    truth: Truth,
    *,
    radius: float = RADIUS_PX,
    scale: tuple[float, float] = (1.0, 1.0),
    match: Match = Match.WORDS,
) -> float:
    """1 for the right action, else 0.

    Args:
        step: What was done.
        truth: What was right.
        radius: How near a click must be to the right point.
        scale: What a unit of x and of y is worth in units of the radius: ``(1 / width, 1 / height)`` makes the radius a
            share of the sides of an image in pixels.
        match: When a text is the right one.
    """
    action = step.action.lower()
    if action != truth.action.lower():
        return 0.0
    if action in POINTED:
        return float(step.point is not None and _there(step.point, truth.place, radius, scale))
    if match is Match.EXACT:
        return float(step.text == truth.text)
    return float(action not in WRITTEN or word_set_f1(step.text, truth.text) >= 0.5)


def _there(point: tuple[float, float], place: tuple[float, ...], radius: float, scale: tuple[float, float]) -> bool:
    x, y = point
    match place:
        case (left, top, right, bottom):
            return left < x < right and top < y < bottom
        case (near_x, near_y):
            return math.hypot((x - near_x) * scale[0], (y - near_y) * scale[1]) < radius
        case _:
            return False


def reward(
    text: str,
    truth: Truth,
    *,
    radius: float = RADIUS_PX,
    scale: tuple[float, float] = (1.0, 1.0),
    reading: Reading = Reading.STRICT,
) -> float:
    """The reward of an answer; see ``accuracy`` for the arguments."""
    step, in_form = read_step(text)
    if reading is Reading.PATTERNS:
        step = read_by_patterns(text)
    right = 0.0 if step is None else accuracy(step, truth, radius=radius, scale=scale)
    return 0.8 * right + 0.2 * in_form
