"""Trails as tasks."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np

from clickwright.envs.actions import Action, Click, Ref, TypeText
from clickwright.envs.games.trail.surface import PROBE, TrailSurface
from clickwright.envs.games.trail.world import BACK, OKAY, START, Design, draw_trail
from clickwright.envs.live import SPLITS
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import View
from clickwright.envs.task import Goal, Score, Task


class TrailTask(Task[TrailSurface]):
    """Choose the stops that the goal names, one after the other.

    The reward is 1 at the last stop and 0 before; ``Score.parts["passed"]`` is the share of the trail that lies behind.
    There is room for half as many steps again as a trail takes. A trail belongs to one split by the hash of its stops,
    so training and evaluation share none, whatever their seeds.

    Args:
        name: What the task is called.
        design: What its trails are like.
    """

    profile = Profile.WEB

    def __init__(self, name: str, design: Design) -> None:
        self.name, self.design = name, design
        self.max_steps = 3 * design.num_steps // 2

    def setup(self, surface: TrailSurface, seed: int, rng: np.random.Generator) -> Goal:
        """Draw the trail of the seed."""
        trail = draw_trail(rng, self.design, half=SPLITS.index(self.split))
        surface.load(trail)
        text = f"From {', '.join((START, *trail.stops))}."
        return Goal(text=text, params={"stops": list(trail.stops)}, probe=PROBE)

    def score(self, view: View, action: Action) -> Score:
        """See whether the end is reached."""
        share = view.state["passed"] / view.state["stops"]
        success = share == 1
        parts = {"success": float(success), "passed": share}
        return Score(reward=float(success), success=success, done=success, raw=float(success), parts=parts)

    def oracle(self, surface: TrailSurface, goal: Goal, view: View) -> Generator[Action, View, None]:
        """Choose what comes next until the end, from wherever one is."""
        while surface.place < len(surface.trail.stops):
            wanted = surface.trail.stops[surface.place]
            refs = {(element.role, element.name): element.ref for element in surface.elements()}
            if surface.is_astray:
                yield Click(target=Ref(ref=refs["link", BACK]))
            elif ("textbox", "") not in refs:
                yield Click(target=Ref(ref=refs["link", wanted]))
            elif surface.value != wanted:
                yield TypeText(target=Ref(ref=refs["textbox", ""]), text=wanted)
            else:
                yield Click(target=Ref(ref=refs["button", OKAY]))
