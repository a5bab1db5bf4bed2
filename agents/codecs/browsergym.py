"""BrowserGym's high-level actions: Python calls such as ``click('12')``, read and never run."""

from __future__ import annotations

import re
from itertools import islice
from typing import Any

from clickwright.agents.codecs.base import Codec
from clickwright.agents.codecs.browsergym_calls import ABSENT, HALVES, PRIMITIVES, Primitive, primitives, read_call
from clickwright.agents.codecs.browsergym_grammar import call_grammar
from clickwright.agents.codecs.coordinates import PIXELS, ImageSize
from clickwright.agents.codecs.elements import write_ref
from clickwright.agents.codecs.gestures import Gestures
from clickwright.agents.codecs.keynames import PLAYWRIGHT
from clickwright.agents.codecs.python_call import quote, scan_calls
from clickwright.agents.codecs.think import skip_thought, thought_block
from clickwright.agents.codecs.tool_use import read_back, tool_prompt
from clickwright.agents.codecs.turn import Draft
from clickwright.envs import actions as a
from clickwright.envs.action_scan import ScanError
from clickwright.envs.actions import Action, Point
from clickwright.envs.profiles import Profile

_OPEN, _CLOSE = "<action>", "</action>"
_FENCE = re.compile(r"```(?i:python|py)?[ \t]*\n?(?P<code>(?:[^`]|`(?!``))*+)```")
_KNOWN = rf"(?:{'|'.join([*PRIMITIVES, *HALVES, *ABSENT])})[ \t]*\("
_CALL = re.compile(rf"\b{_KNOWN}")
_CALL_LINE = re.compile(rf"^[ \t]*{_KNOWN}", re.MULTILINE)
_TAG = re.compile(r"<(?=/?(?:think|action)>|/)")
_PROMPT = f"""These calls are the actions:
{{tools}}
A bid is the number in brackets beside an element, in quotes; x and y are pixels of the screenshot.
Think first, then write one call:
<think>
reasoning
</think>
{_OPEN}
click('12')
{_CLOSE}"""


class BrowserGymCodec(Codec):
    """BrowserGym high-level: one call, such as ``fill('12', 'text')``, in ``<action>`` tags after ``<think>`` if any.

    A call in the reasoning is not an action. Bids are the numbers of elements in the observation.

    Example:
        >>> BrowserGymCodec().decode("<think>click('3')?</think><action>go_back()</action>").action
        Nav(kind='nav', op='back')
    """

    name = "browsergym"
    coordinates = PIXELS

    def read(self, draft: Draft) -> None:
        """Thought, and then calls and nothing else, in tags, in a fence, or on lines of their own."""
        text = draft.text
        start = 0 if _CALL_LINE.match(text) else skip_thought(draft)
        stop, tag = len(text), text.find(_OPEN, start)
        if tag >= 0:
            stop = text.rfind(_CLOSE, tag)
            if stop < 0:
                raise ScanError(f"{_OPEN} is never closed")
            after = stop + len(_CLOSE)
            if _CALL.search(text, after) is not None:
                raise ScanError(f"no call may follow {_CLOSE}")
            draft.think(start, tag)
            start = tag + len(_OPEN)
        stop = start + len(text[start:stop].rstrip())
        start = stop - len(text[start:stop].lstrip())
        fences = list(islice(_FENCE.finditer(text, start, stop), 2))
        if len(fences) == 1 and _CALL.search(text, fences[0].end(), stop) is None:
            draft.think(start, fences[0].start())
            start, stop = fences[0].span("code")
        elif fences or _CALL.match(text, start, stop) is not None:
            pass
        elif (line := _CALL_LINE.search(text, start, stop)) is not None:
            draft.think(start, line.start())
            start = line.start()
        gestures = Gestures(draft)
        for call in scan_calls(text, start, stop):
            gestures.act(call.start, call.end, read_call, call, draft.image)
        gestures.finish()

    def encode(self, action: Action, thought: str = "", *, image: ImageSize | None = None) -> str:
        """Write one call, bare where there is no thought."""
        name, *values = self._call(action, image)
        said = f"{name}({', '.join(map(_literal, values))})"
        head = thought_block(thought)
        text = f"{head}{_OPEN}\n{said}\n{_CLOSE}" if head else said
        return read_back(self, action, text, image=image)

    def answer_grammar(self, profile: Profile, image: ImageSize | None) -> str:
        """One bare call; at elements only where the size of the image is not known."""
        return call_grammar(profile, image)

    def prompt_text(self, profile: Profile, *, image: ImageSize | None = None) -> str:
        """The primitives, one a line, and the form of an answer."""
        lines = [
            f"{_signature(name, primitive)} - {primitive.about}" for name, primitive in primitives(profile).items()
        ]
        return tool_prompt(_PROMPT, lines, profile)

    def tool_schemas(self, profile: Profile, *, image: ImageSize | None = None) -> list[dict[str, Any]]:
        """One function for each primitive, its arguments of the types that they have."""
        return [
            {
                "type": "function",
                "function": {
                    "name": name,
                    "description": primitive.about,
                    "parameters": {
                        "type": "object",
                        "properties": primitive.takes,
                        "required": list(primitive.takes)[: primitive.needs],
                    },
                },
            }
            for name, primitive in primitives(profile).items()
        ]

    def _call(self, action: Action, image: ImageSize | None) -> tuple[Any, ...]:
        """The name and the arguments of the primitive that is this action."""
        match action:
            case a.Click(target=Point()):
                self.only(action, "target", "button", "count")
                button = () if action.button == "left" else (action.button,)
                return self._one_or_two(action, "mouse_click", "mouse_dblclick"), *self._xy(action, image), *button
            case a.Click():
                more: tuple[Any, ...] = () if action.button == "left" else (action.button,)
                if action.modifiers:
                    more = (action.button, list(action.modifiers))
                return self._one_or_two(action, "click", "dblclick"), self._bid(action, action.target), *more
            case a.Move(target=Point()):
                return "mouse_move", *self._xy(action, image)
            case a.Move():
                return "hover", self._bid(action, action.target)
            case a.Drag(path=(Point() as start, Point() as end)):
                self.only(action, "path")
                return "mouse_drag_and_drop", *self.place(action, start, image), *self.place(action, end, image)
            case a.Drag(path=(start, end)):
                self.only(action, "path")
                return "drag_and_drop", self._bid(action, start), self._bid(action, end)
            case a.Scroll(target=None, unit="px"):
                return "scroll", action.dx, action.dy
            case a.Scroll(unit="px"):
                return "scroll_at", *self._xy(action, image), action.dx, action.dy
            case a.TypeText(target=None, clear=False, submit=False):
                return "keyboard_type", action.text
            case a.TypeText(clear=True, submit=False):
                return "fill", self._bid(action, action.target), action.text
            case a.Press(target=None):
                return "keyboard_press", "+".join(self.keys(action, PLAYWRIGHT))
            case a.Press():
                return "press", self._bid(action, action.target), "+".join(self.keys(action, PLAYWRIGHT))
            case a.Select():
                return "select_option", self._bid(action, action.target), _one_or_list(action.values)
            case a.Upload():
                return "upload_file", self._bid(action, action.target), _one_or_list(action.files)
            case a.Navigate():
                return "goto", action.url
            case a.Nav(op="back" | "forward" as op):
                return (f"go_{op}",)
            case a.Tab(op="new", index=None):
                return ("new_tab",)
            case a.Tab(op="close", index=None):
                return ("tab_close",)
            case a.Tab(op="focus", index=int()):
                return "tab_focus", action.index
            case a.Wait():
                return ("noop",) if action.ms == 1000 else ("noop", action.ms)
            case a.Say():
                return "send_msg_to_user", action.text
            case a.Finish(status="infeasible"):
                return "report_infeasible", action.answer
        raise self.cannot(action, "it has no call that does this")

    def _one_or_two(self, action: a.Click, once: str, twice: str) -> str:
        if action.count == 3:
            raise self.cannot(action, "it clicks once or twice")
        return once if action.count == 1 else twice

    def _bid(self, action: Action, target: object) -> str:
        return str(write_ref(self, action, target))

    def _xy(self, action: Any, image: ImageSize | None) -> tuple[float, float]:
        return self.place(action, action.target, image)


def _one_or_list(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def _literal(value: object) -> str:
    r"""A Python literal; tags in it are broken up with ``\x3c``, or they would be taken for the answer's own."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, str):
        return _TAG.sub(r"\\x3c", quote(value))
    return repr(int(value)) if isinstance(value, float) and value.is_integer() else repr(value)


def _signature(name: str, primitive: Primitive) -> str:
    required = list(primitive.takes)[: primitive.needs]
    return f"{name}({', '.join(arg if arg in required else f'{arg}=...' for arg in primitive.takes)})"
