"""The pages of a trail as a surface."""

from __future__ import annotations

import json
from functools import lru_cache
from time import perf_counter
from typing import NamedTuple

from clickwright.envs.actions import Action, Click, Ref, TypeText, Wait
from clickwright.envs.fitting import fit
from clickwright.envs.games.trail.world import BACK, OKAY, Page, Trail
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import Element, Surface, View, Wants
from clickwright.errors import ConfigError

PROBE = "place"
"""The one probe there is: how many stops have been passed, and how many there are."""


class _State(NamedTuple):
    """All there is to a moment; the trail in it never changes and is shared."""

    trail: Trail
    place: int = 0
    is_astray: bool = False
    value: str = ""

    @property
    def page(self) -> Page | None:
        """What is shown; nothing at the end of the trail."""
        if self.place == len(self.trail.stops):
            return None
        return (self.trail.astray if self.is_astray else self.trail.pages)[self.place]


class TrailSurface(Surface):
    """Pages of links, some with a field and a button: click what comes next, or type it and confirm.

    The state's key is the place and the whole page.
    """

    profile = Profile.WEB
    screen_size_px = None

    def __init__(self) -> None:
        self._state: _State | None = None

    def load(self, trail: Trail) -> None:
        """Begin anew at the start of a trail."""
        self._state = _State(trail)

    @property
    def trail(self) -> Trail:
        """The world."""
        return self._now().trail

    @property
    def place(self) -> int:
        """How many stops have been passed."""
        return self._now().place

    @property
    def is_astray(self) -> bool:
        """Whether the page beside the place is shown."""
        return self._now().is_astray

    @property
    def value(self) -> str:
        """What the field of the page holds."""
        return self._now().value

    def elements(self) -> tuple[Element, ...]:
        """What can be acted on, in the order of the page."""
        state = self._now()
        return _elements(state.page, state.value)

    def step(self, action: Action | None, wants: Wants) -> View:
        """Click or type, if that is asked, and look.

        Raises:
            ConfigError: No trail was loaded.
        """
        started = perf_counter()
        error = "" if action is None else self._act(action)
        acted = perf_counter()
        state = self._now()
        lines = _lines(state.page, state.value)
        return View(
            text=fit(lines, wants.text_budget) if wants.text else "",
            elements=_elements(state.page, state.value) if wants.text else (),
            state={"passed": state.place, "stops": len(state.trail.stops)} if wants.probe == PROBE else {},
            error=error,
            key="\n".join((f"place {state.place}", *lines)),
            timing_ms={"act": (acted - started) * 1e3, "observe": (perf_counter() - acted) * 1e3},
        )

    def snapshot(self) -> object:
        """The state, which is never changed in place."""
        return self._now()

    def restore(self, snapshot: object) -> None:
        """Go back to what ``snapshot`` returned.

        Raises:
            ConfigError: It returned no such thing.
        """
        if not isinstance(snapshot, _State):
            raise ConfigError(f"not a snapshot of a trail surface: {type(snapshot).__name__}")
        self._state = snapshot

    def close(self) -> None:
        """Let go of the trail."""
        self._state = None

    def _now(self) -> _State:
        if self._state is None:
            raise ConfigError("nowhere to be: load() a trail first")
        return self._state

    def _act(self, action: Action) -> str:
        if isinstance(action, Wait):
            return ""
        if not isinstance(action, Click | TypeText):
            return f"{action.kind} does nothing here: click or type"
        if not isinstance(action.target, Ref):
            return "there is no screen to point at: give the ref of an element"
        ref, state = action.target, self._now()
        found = next((element for element in self.elements() if element.ref == ref.ref), None)
        if found is None:
            return f"there is no element [{ref.ref}]"
        if ref.name is not None and ref.name != found.name:
            return f"[{ref.ref}] is called {json.dumps(found.name)}, not {json.dumps(ref.name[:40])}"
        if isinstance(action, TypeText):
            if found.role != "textbox":
                return f"[{ref.ref}] is a {found.role}: nothing can be typed into it"
            if action.submit:
                return f"Enter does nothing here: click {OKAY}"
            self._state = state._replace(value=action.text if action.clear else state.value + action.text)
        elif found.role != "textbox":
            self._choose(state.value if found.role == "button" else found.name)
        return ""

    def _choose(self, name: str) -> None:
        state = self._now()
        if state.is_astray:
            self._state = _State(state.trail, state.place, name != BACK)
        else:
            self._state = _State(state.trail, *state.trail.after(state.place, name))


@lru_cache(maxsize=4096)
def _elements(page: Page | None, value: str) -> tuple[Element, ...]:
    if page is None:
        return ()
    named = [("link", name) for name in page.links]
    if page.has_field:
        named = [("textbox", ""), ("button", OKAY), *named]
    high = 1 / (len(named) + 1)  # the footer is a line too
    return tuple(
        Element(
            ref=ref,
            role=role,
            name=name,
            box=(0.0, (ref - 1) * high, 1.0, ref * high),
            value=value if role == "textbox" else "",
            states=("focused",) if role == "textbox" and value else (),
        )
        for ref, (role, name) in enumerate(named, start=1)
    )


@lru_cache(maxsize=4096)
def _lines(page: Page | None, value: str) -> tuple[str, ...]:
    if page is None:
        return ('text "the end"',)
    return (*(_line(element) for element in _elements(page, value)), f"text {json.dumps(page.footer)}")


def _line(element: Element) -> str:
    name = f" {json.dumps(element.name)}" if element.name else ""
    value = f" value={json.dumps(element.value, ensure_ascii=False)}" if element.value else ""
    return f"{element.role}{name} [{element.ref}]{value}" + "".join(f" {state}" for state in element.states)
