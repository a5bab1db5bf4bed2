"""Does the thought name what is then acted on? Counted by a rule, for codecs that have thoughts.

A step is asked about when its answer holds a thought and its action is about something that has a name: an element that
it points at, or a text that it types, selects, searches, opens, calls or answers. The thought is consistent when one of
these stands in it as whole words, whatever the letter case; the number of an element, as ``[3]``, counts as its name.

So it is a lower bound: a thought that means the right thing in other words is counted as not naming it, and the rule
does not see a thought that names the target and gives a wrong reason.

Source: reference entry 1.70 (Beyond Semantics: traces are checked against what is executed).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from clickwright.agents.codecs.base import Codec
from clickwright.envs.actions import ACTION, Action, Ref, targets
from clickwright.trajectories.records import Episode, Step

SAID = ("text", "query", "doc_id", "name", "url", "answer")
"""Fields of actions that hold what a thought could name."""


def thoughts_in(episode: Episode, codec: Codec) -> list[bool]:
    """For every step that can be asked about, whether its thought names what it acted on."""
    found = (consistent(codec.decode(step.raw, step.finish_reason).thought, step) for step in episode.steps)
    return [verdict for verdict in found if verdict is not None]


def consistent(thought: str, step: Step) -> bool | None:
    """Whether a thought names what its step acted on; ``None`` where there is nothing to ask.

    Example:
        >>> step = Step(t=0, state_key="", action={"kind": "type", "text": "Ada"})
        >>> consistent("I type ADA into the field", step), consistent("next", step), consistent("", step)
        (True, False, None)
    """
    if not thought or step.action.get("kind") not in _KINDS:
        return None
    names = names_of(ACTION.validate_python(dict(step.action)), step.elements)
    if not names:
        return None
    text = " ".join(thought.casefold().split())
    return any(_mentions(text, name) for name in names)


def names_of(action: Action, elements: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Everything by which a thought could name what an action is about."""
    names: list[str] = []
    for target in targets(action):
        if isinstance(target, Ref):
            hit = [element for element in elements if element["ref"] == target.ref]
            names += [f"[{target.ref}]", target.name or ""]
        else:
            hit = sorted((e for e in elements if _inside(target.x, target.y, e["box"])), key=lambda e: _area(e["box"]))
            names += [f"[{element['ref']}]" for element in hit[:1]]
        names += [element["name"] for element in hit[:1]]
    names += [str(getattr(action, field, "")) for field in SAID]
    names += [*getattr(action, "values", ()), *getattr(action, "keys", ())]
    return tuple(dict.fromkeys(name for name in names if name.strip()))


_KINDS = frozenset(
    "click long_press move drag scroll type press select navigate open_app tool_call search open_doc finish".split()
)


def _mentions(text: str, name: str) -> bool:
    wanted = " ".join(name.casefold().split())
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None


def _inside(x: float, y: float, box: Sequence[float]) -> bool:
    left, top, right, bottom = box
    return left <= x <= right and top <= y <= bottom


def _area(box: Sequence[float]) -> float:
    left, top, right, bottom = box
    return (right - left) * (bottom - top)
