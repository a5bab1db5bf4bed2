"""Trails drawn from a random stream: stops in order, and a page for each place one can be in.

Place ``i`` is where stop ``i`` has to be chosen. A wrong choice leads back, where it names a stop that was passed, or
else astray: to a page beside the trail, from which one link leads back to where the mistake was made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from clickwright.errors import ConfigError

WORDS = tuple(
    """amet elit dolor sed ipsum tempor magna enim quis nisi commodo duis velit nulla ornare porta risus lectus turpis
    vitae massa augue felis urna nibh morbi arcu odio neque viverra mattis semper pretium donec lacus tellus libero
    rutrum quam pulvinar nunc vel integer purus sapien aliqua minim veniam nostrud laboris consequat aute irure esse
    cillum fugiat pariatur culpa officia anim""".split()
)
"""What stops and links are called: the usual filler, all different."""

BACK, OKAY, START, ASTRAY = "Back", "Ok", "start", "astray"


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What the trails of a task have in common.

    Attributes:
        num_steps: Right actions from the start to the end.
        num_forms: Stops that are typed and confirmed, which takes two of the steps; the others are links to click.
        num_links: Links on the page of a place, the right one among them.
        num_lures: How many of them at most are named after other stops of the trail.

    Raises:
        ConfigError: No trail can be like that.
    """

    num_steps: int
    num_forms: int
    num_links: int = 4
    num_lures: int = 2

    def __post_init__(self) -> None:
        if not (0 <= self.num_forms <= self.num_stops and 0 < self.num_stops and 0 <= self.num_lures < self.num_links):
            raise ConfigError(f"{self}: 0 <= num_forms <= num_steps / 2, 0 < num_steps, 0 <= num_lures < num_links")
        if self.num_stops + self.num_links > len(WORDS):
            raise ConfigError(f"{self}: {len(WORDS)} words are too few for that many stops and links")

    @property
    def num_stops(self) -> int:
        """Places where something has to be chosen."""
        return self.num_steps - self.num_forms


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What there is to see and to act on in one place.

    Attributes:
        footer: Name of the stop that was passed last.
        links: Names of the links, in their order.
        has_field: Whether the next stop is typed into a field and confirmed, and not clicked.
    """

    footer: str
    links: tuple[str, ...]
    has_field: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One world.

    Attributes:
        stops: What has to be chosen, in this order.
        pages: Page of each place.
        astray: The page beside each place, where its wrong choices lead.
    """

    stops: tuple[str, ...]
    pages: tuple[Page, ...]
    astray: tuple[Page, ...]

    def after(self, place: int, name: str) -> tuple[int, bool]:
        """Where choosing ``name`` in a place leads: the place, and whether to the page beside it.

        Example:
            >>> page = Page(footer="start", links=())
            >>> trail = Trail(stops=("elit", "amet"), pages=(page, page), astray=(page, page))
            >>> trail.after(1, "amet"), trail.after(1, "elit"), trail.after(0, "amet")
            ((2, False), (1, False), (0, True))
        """
        if name == self.stops[place]:
            return place + 1, False
        if name in self.stops[:place]:
            return self.stops.index(name) + 1, False
        return place, True


def half_of(stops: tuple[str, ...]) -> int:
    """Which half of all trails, 0 or 1, these stops are in: training draws from one and evaluation from the other."""
    return hashlib.blake2b(" ".join(stops).encode(), digest_size=1).digest()[0] & 1


def draw_trail(rng: np.random.Generator, design: Design, *, half: int) -> Trail:
    """Draw a trail of one half: the words, which stops are typed, and the links of every page."""
    while True:
        trail = _attempt(rng, design)
        if half_of(trail.stops) == half:
            return trail


def _attempt(rng: np.random.Generator, design: Design) -> Trail:
    words = [WORDS[int(place)] for place in rng.permutation(len(WORDS))]
    stops, others = words[: design.num_stops], words[design.num_stops :]
    typed = {int(place) for place in rng.permutation(design.num_stops)[: design.num_forms]}
    pages, astray = [], []
    for place, stop in enumerate(stops):
        passed = stops[place - 1] if place else START
        has_field = place in typed
        elsewhere = [name for name in stops if name not in (stop, passed)]
        lures = _some(rng, elsewhere, design.num_lures)
        num_right = 0 if has_field else 1
        names = lures + _some(rng, others, design.num_links - len(lures) - num_right) + [stop] * num_right
        pages.append(Page(footer=passed, links=tuple(_some(rng, names, len(names))), has_field=has_field))
        names = [*_some(rng, others, 1), BACK]
        astray.append(Page(footer=ASTRAY, links=tuple(_some(rng, names, len(names)))))
    return Trail(stops=tuple(stops), pages=tuple(pages), astray=tuple(astray))


def _some(rng: np.random.Generator, names: list[str], count: int) -> list[str]:
    """So many of them, in random order."""
    return [names[int(place)] for place in rng.permutation(len(names))[:count]]
