"""A longer house of doors: as many rooms in a row as a test wants, one right door in each, a wrong one ends it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import gymnasium
import numpy as np

from clickwright.envs.actions import Action, Click, Ref
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import Element, Surface, View, Wants
from clickwright.envs.task import Goal, Score, Task
from clickwright.envs.task_env import TaskEnv
from tests.rl.doors import DOORS

CORRIDOR_ID, HALLS_ID, LOST_ID = (
    "clickwright-tests/corridor-v0",
    "clickwright-tests/halls-v0",
    "clickwright-tests/lost-v0",
)


class Corridor(Surface):
    """Rooms in a row. With ``halls`` a page has lines that are not acted on, beside the doors."""

    profile = Profile.GAME
    screen_size_px = (8, 8)

    def __init__(self, *, halls: bool = False) -> None:
        self.halls = halls
        self.right: tuple[str, ...] = ()
        self.path: list[str] = []

    def step(self, action: Action | None, wants: Wants) -> View:
        """Open a door, or look."""
        error = ""
        if isinstance(action, Click) and isinstance(action.target, Ref) and 1 <= action.target.ref <= len(DOORS):
            self.path.append(DOORS[action.target.ref - 1])
        elif action is not None:
            error = "nothing there"
        room = min(len(self.path), len(self.right) - 1)
        colour = self.right[room]
        doors = tuple(Element(ref=i + 1, role="door", name=name, box=(0, 0, 1, 1)) for i, name in enumerate(DOORS))
        text = colour
        if self.halls:
            walls = [f'text "a wall of hall {room}, number {n}"' for n in range(4)]
            text = "\n".join([colour, *walls, *(f'door "{name}" [{i + 1}]' for i, name in enumerate(DOORS))])
        return View(text=text, elements=doors, error=error, key=f"{room} {colour} {','.join(self.path)}")

    def close(self) -> None:
        """Nothing to close."""


class WalkCorridor(Task[Corridor]):
    """Open the door of the wall's colour in every room."""

    name = "corridor"
    profile = Profile.GAME
    num_rooms = 5
    max_steps = 8

    def setup(self, surface: Corridor, seed: int, rng: np.random.Generator) -> Goal:
        """Draw the right doors."""
        surface.right = tuple(DOORS[int(i)] for i in rng.integers(len(DOORS), size=self.num_rooms))
        surface.path = []
        self.corridor = surface
        return Goal(text="out")

    def score(self, view: View, action: Action) -> Score:
        """Won at the end of the corridor, lost at the first wrong door."""
        path, right = self.corridor.path, self.corridor.right
        wrong = any(a != b for a, b in zip(path, right, strict=False))
        won = tuple(path) == right
        return Score(reward=float(won), success=won, done=won or wrong)

    def oracle(self, surface: Corridor, goal: Goal, view: View) -> Generator[Action, View, None]:
        """The right doors."""
        for name in surface.right:
            yield Click(target=Ref(ref=DOORS.index(name) + 1))


class LoseWay(WalkCorridor):
    """A task whose oracle does not know the way."""

    name = "lost"

    def oracle(self, surface: Corridor, goal: Goal, view: View) -> Generator[Action, View, None]:
        """A wrong door."""
        wrong = (DOORS.index(surface.right[0]) + 1) % len(DOORS)
        yield Click(target=Ref(ref=wrong + 1))


def make_corridor(*, halls: bool = False, lost: bool = False, **settings: Any) -> TaskEnv:
    """One environment."""
    return TaskEnv(lambda: Corridor(halls=halls), LoseWay() if lost else WalkCorridor(), **settings)


def register() -> None:
    """Register the ids of this module, once."""
    for env_id, settings in ((CORRIDOR_ID, {}), (HALLS_ID, {"halls": True}), (LOST_ID, {"lost": True})):
        if env_id not in gymnasium.registry:
            gymnasium.register(env_id, entry_point="tests.rl.corridor:make_corridor", kwargs=settings)
