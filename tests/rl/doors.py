"""A two-step game in plain Python that a policy of 100,000 parameters learns in seconds.

Each of two rooms has a colour, and the door of that colour leads on. Any wrong door ends the episode.
"""

from __future__ import annotations

import itertools
from collections.abc import Generator
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np

from clickwright.agents.tiny import TinyConfig, build, train_tokenizer
from clickwright.agents.weights import save_folder
from clickwright.envs.actions import Action, Click, Ref
from clickwright.envs.frames import frame_of_pixels
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import Element, Surface, View, Wants
from clickwright.envs.task import Goal, Score, Task
from clickwright.envs.task_env import TaskEnv
from clickwright.errors import FaultKind, SurfaceFault
from clickwright.rl.batching import Row
from clickwright.rl.losses import LOSSES
from clickwright.rl.update import UpdatePlan, update
from clickwright.trajectories.prompt_text import prompt_text

DOORS = ("red", "green", "blue")
DOORS_ID, FAULTY_ID, UNEQUAL_ID = (
    "clickwright-tests/doors-v0",
    "clickwright-tests/faulty-v0",
    "clickwright-tests/unequal-v0",
)


class House(Surface):
    """Two rooms of doors."""

    profile = Profile.GAME
    screen_size_px = (8, 8)
    broken = itertools.count(1)

    def __init__(self, *, faulty: bool = False) -> None:
        self.faulty = faulty
        self.enter("", "")

    def enter(self, first: str, second: str) -> None:
        """Begin anew with these two doors as the right ones."""
        self.path, self.right = [], (first, second)

    def step(self, action: Action | None, wants: Wants) -> View:
        error = ""
        if isinstance(action, Click) and isinstance(action.target, Ref) and 1 <= action.target.ref <= len(DOORS):
            self.path.append(DOORS[action.target.ref - 1])
            if self.faulty and next(House.broken) % 7 == 0:
                raise SurfaceFault(FaultKind.TOOL, where="step", detail="the house fell down")
        elif action is not None:
            error = "nothing there"
        doors = tuple(
            Element(ref=i + 1, role="door", name=name, box=(i / len(DOORS), 0, (i + 1) / len(DOORS), 1))
            for i, name in enumerate(DOORS)
        )
        colour = self.right[min(len(self.path), 1)]
        screen = frame_of_pixels(np.full((8, 8, 3), 60 * len(self.path), np.uint8)) if wants.screen else None
        return View(text=colour, screen=screen, elements=doors, error=error, key=f"{len(self.path)} {colour}")

    def close(self) -> None:
        """Nothing to close."""


class OpenDoors(Task[House]):
    """Open the door of the goal, then the one of the wall."""

    name = "doors"
    profile = Profile.GAME
    max_steps = 4

    def setup(self, surface: House, seed: int, rng: np.random.Generator) -> Goal:
        first, second = (DOORS[int(i)] for i in rng.integers(len(DOORS), size=2))
        surface.enter(first, second)
        self.house = surface
        return Goal(text="out")

    def score(self, view: View, action: Action) -> Score:
        path, right = self.house.path, self.house.right
        wrong = any(a != b for a, b in zip(path, right, strict=False))
        won = tuple(path) == right
        return Score(reward=float(won), success=won, done=won or wrong)

    def oracle(self, surface: House, goal: Goal, view: View) -> Generator[Action, View, None]:
        for name in surface.right:
            yield Click(target=Ref(ref=DOORS.index(name) + 1))


class UnequalDoors(OpenDoors):
    """A task that breaks the rule that a seed fixes the start."""

    name = "unequal"
    starts = itertools.count()

    def setup(self, surface: House, seed: int, rng: np.random.Generator) -> Goal:
        goal = super().setup(surface, seed, rng)
        surface.enter(f"{surface.right[0]}{next(self.starts)}", surface.right[1])
        return goal


def make_doors(*, faulty: bool = False, unequal: bool = False, **settings: Any) -> TaskEnv:
    """One environment; every one has a task of its own, because the task looks into its house."""
    return TaskEnv(lambda: House(faulty=faulty), UnequalDoors() if unequal else OpenDoors(), **settings)


def register() -> None:
    """Register the ids of this module, once."""
    for env_id, settings in ((DOORS_ID, {}), (FAULTY_ID, {"faulty": True}), (UNEQUAL_ID, {"unequal": True})):
        if env_id not in gymnasium.registry:
            gymnasium.register(env_id, entry_point="tests.rl.doors:make_doors", kwargs=settings)


def write_model(path: Path, *, steps: int = 160, known: float = 0.4, shift: int = 0) -> Path:
    """A small model that speaks the language of actions and takes the right door a bit more often than chance.

    Args:
        path: Folder to write.
        steps: Supervised steps.
        known: Share of the examples that show the right door; the others show any.
        shift: How far beside the right door the door is that is shown as the right one.
    """
    import torch

    rng = np.random.default_rng(0)
    prompts = [prompt_text("out", [], name) for name in DOORS]
    tokenizer = train_tokenizer([*prompts, *(f"did: click [{i}]" for i in range(4))], vocab_size=320)
    model = build(
        tokenizer, TinyConfig(hidden_size=48, num_layers=2, num_heads=4, intermediate_size=96, max_length=256)
    )
    rows = []
    for number in range(32 * steps // 2):
        right = number % len(DOORS)
        shown = (right + shift) % len(DOORS) if rng.random() < known else int(rng.integers(len(DOORS)))
        words = tokenizer(f"click [{shown + 1}]")["input_ids"]
        prompt = tuple(tokenizer(prompts[right])["input_ids"])
        rows.append(Row(prompt_ids=prompt, completion_ids=(*words, tokenizer.eos_token_id)))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.5e-3, betas=(0.9, 0.95))
    plan = UpdatePlan(num_minibatches=steps // 2, epochs=2)
    update(model, optimizer, rows, LOSSES.build("sft"), plan=plan, rng=rng)
    save_folder(model, tokenizer, path)
    return path
