"""A shelf of books and a lamp: a goal that names what is there, and something that can be pressed for nothing."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from clickwright.envs.actions import Action, Click, Ref
from clickwright.envs.frames import frame_of_pixels
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import Element, Surface, View, Wants
from clickwright.envs.task import Goal, Score, Task

TITLES = ("atlas", "novel", "cookbook", "diary")
LAMP = 9


class Shelf(Surface):
    """Books that can be taken, and a lamp that can be switched."""

    profile = Profile.GAME
    screen_size_px = (40, 8)

    def __init__(self) -> None:
        self.fill(TITLES)

    def fill(self, titles: tuple[str, ...]) -> None:
        """Begin anew with these books, in the dark."""
        self.titles, self.taken, self.lit = titles, "", False

    def step(self, action: Action | None, wants: Wants) -> View:
        error = ""
        elements = self.elements()
        if isinstance(action, Click):
            ref = action.target.ref if isinstance(action.target, Ref) else 1 + int(action.target.x * 5)
            ref = LAMP if ref == 5 else ref
            if ref == LAMP:
                self.lit = not self.lit
            elif 1 <= ref <= len(self.titles):
                self.taken = self.titles[ref - 1]
            else:
                error = "nothing there"
        elif action is not None and action.kind != "wait":
            error = f"{action.kind} does nothing here"
        picture = np.zeros((8, 40, 3), dtype=np.uint8)
        return View(
            text="\n".join(f'{e.role} "{e.name}" [{e.ref}]' for e in elements) if wants.text else "",
            screen=frame_of_pixels(picture) if wants.screen else None,
            elements=elements if wants.text else (),
            state={"taken": self.taken} if wants.probe == "taken" else {},
            error=error,
            key=f"{self.titles} {self.taken} {self.lit}",
        )

    def elements(self) -> tuple[Element, ...]:
        """The books, left to right, and the lamp at the end."""
        books = [Element(ref=i + 1, role="book", name=n, box=(i / 5, 0, i / 5 + 0.19, 1)) for i, n in enumerate(TITLES)]
        named = [Element(ref=b.ref, role=b.role, name=t, box=b.box) for b, t in zip(books, self.titles, strict=True)]
        return (*named, Element(ref=LAMP, role="switch", name="lamp", box=(0.8, 0.0, 1.0, 1.0)))

    def close(self) -> None:
        """Nothing to close."""


class TakeBook(Task[Shelf]):
    """Switch the lamp on and take the book of the goal; any book that is taken ends the episode."""

    name = "take-book"
    profile = Profile.GAME
    max_steps = 6

    def setup(self, surface: Shelf, seed: int, rng: np.random.Generator) -> Goal:
        surface.fill(tuple(str(title) for title in rng.permutation(TITLES)))
        self._wanted = str(rng.choice(TITLES))
        self._shelf = surface
        return Goal(text=f'Switch the light on and take the book "{self._wanted}".', probe="taken")

    def score(self, view: View, action: Action) -> Score:
        won = self._shelf.lit and view.state["taken"] == self._wanted
        return Score(reward=float(won), success=won, done=bool(view.state["taken"]))

    def oracle(self, surface: Shelf, goal: Goal, view: View) -> Generator[Action, View, None]:
        yield Click(target=Ref(ref=LAMP))
        yield Click(target=Ref(ref=surface.titles.index(self._wanted) + 1))
