"""One MiniWoB++ task: starts its seeded episodes in a warm page and judges them."""

from __future__ import annotations

import json
from collections.abc import Generator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from clickwright.envs.actions import Action
from clickwright.envs.profiles import Profile
from clickwright.envs.surface import View
from clickwright.envs.task import Goal, Score, Task
from clickwright.envs.web.miniwob.predicates import EVIDENCE, is_success
from clickwright.envs.web.miniwob.wheel import task_html
from clickwright.errors import ConfigError

if TYPE_CHECKING:
    from clickwright.envs.web.surface import WebSurface

VIEWPORT_PX = (332, 240)
"""Width and height of the page. MiniWoB draws into 160 x 210; the tallest start state ends at 234 (``simon-says``) and
menus open to the right of the frame, so every control of every task is inside."""

ORIGIN = "http://miniwob.test"
"""Where the page finds the wheel's files."""

SPLITS = ("train", "eval")
DATA_MODES = ("default", "train", "test")

RELOADED = frozenset(
    {
        "chase-circle",
        "click-pie",
        "click-pie-nodelay",
        "drag-cube",
        "moving-items",
        "text-editor",
        "use-colorwheel",
        "use-colorwheel-2",
    }
)
"""Tasks whose page is loaded anew for every episode: their libraries keep running animations, or references to nodes,
where a page script cannot reach them."""

MAX_STEPS: dict[str, int] = {
    "button-delay": 6,
    "chase-circle": 60,
    "moving-items": 60,
    "buy-ticket": 6,
    "click-button": 6,
    "click-test": 4,
    "click-test-2": 4,
    "click-test-transfer": 4,
    "choose-date": 25,
    "choose-date-nodelay": 25,
    "book-flight": 30,
    "book-flight-nodelay": 30,
    "click-checkboxes-large": 20,
    "click-shades": 20,
    "daily-calendar": 20,
    "drag-cube": 60,
    "drag-sort-numbers": 20,
    "email-inbox": 20,
    "email-inbox-nl-turk": 20,
    "email-inbox-forward-nl-turk": 20,
    "form-sequence": 30,
    "generate-number": 40,
    "guess-number": 15,
    "hot-cold": 60,
    "navigate-tree": 15,
    "number-checkboxes": 30,
    "order-food": 30,
    "phone-book": 15,
    "simon-says": 60,
    "social-media": 20,
    "social-media-all": 40,
    "social-media-some": 40,
    "stock-market": 110,
    "terminal": 60,
    "use-slider": 40,
    "use-slider-2": 60,
    "use-spinner": 20,
    "multi-layouts": 10,
}
"""Longest episodes, in actions, where the default of 10 does not fit."""

# A page that was reloaded or left has no episode any more: its own START screen would begin an unseeded one.
_PROBE = """(() => {
  const home = window.__clickwrightMiniwob;
  if (!home || !home.started) return {done: true, raw: 0, reason: "the page was left", lost: true, evidence: false};
  const done = WOB_DONE_GLOBAL;
  return {done, raw: WOB_RAW_REWARD_GLOBAL, reason: WOB_REWARD_REASON, lost: false, evidence: !done || Boolean(%s)};
})()"""


@cache
def _episode_js() -> str:
    return Path(__file__).with_name("episode.js").read_text(encoding="utf-8")


class MiniwobTask(Task["WebSurface"]):
    """A MiniWoB++ page as a goal on a web surface.

    The reward is 1 for success and 0 otherwise; what the page itself paid, which may be partial or negative, is
    ``Score.raw``. Time never runs out: episodes are limited by their number of actions.

    Args:
        name: File name of the task, without ``.html``.
        split: Family of generator seeds, ``"train"`` or ``"eval"``. May be set between episodes.
        data_mode: MiniWoB++'s distribution switch.

    Raises:
        ConfigError: No such split or data mode.
    """

    profile = Profile.WEB

    def __init__(self, name: str, *, split: str = "train", data_mode: str = "default") -> None:
        if data_mode not in DATA_MODES:
            raise ConfigError(f"data_mode {data_mode!r} is not one of {', '.join(DATA_MODES)}")
        self.name = name
        self.split = split
        self.data_mode = data_mode
        self.max_steps = MAX_STEPS.get(name, 10)

    @property
    def split(self) -> str:
        """Which family of generator seeds episodes draw from."""
        return self._split

    @split.setter
    def split(self, split: str) -> None:
        if split not in SPLITS:
            raise ConfigError(f"split {split!r} is not one of {', '.join(SPLITS)}")
        self._split = split

    def generator_seed(self, seed: int) -> str:
        """The string the page's generator is seeded with: no two splits share one.

        Example:
            >>> MiniwobTask("click-test").generator_seed(7)
            'train:7'
        """
        return f"{self._split}:{seed}"

    def setup(self, surface: WebSurface, seed: int, rng: np.random.Generator) -> Goal:
        """Start the episode of ``seed`` in the current split; only the first one in a page loads anything."""
        drawn = surface.reset_page(stored=False, then=None if self.name in RELOADED else self._start_js(seed))
        if drawn is None:
            surface.goto(f"{ORIGIN}/miniwob/{self.name}.html")
            surface.evaluate(f"({_episode_js()})({json.dumps(self.name)}, {json.dumps(task_html(self.name))})")
            drawn = surface.evaluate(self._start_js(seed))
        params: dict[str, Any] = {"split": self._split, "generator_seed": self.generator_seed(seed)}
        if drawn["fields"]:
            params["fields"] = drawn["fields"]
        text = " ".join(drawn["utterance"].split())
        return Goal(text=text, params=params, probe=_PROBE % EVIDENCE.get(self.name, "true"))

    def _start_js(self, seed: int) -> str:
        """Start an episode if this task is what the page shows; ``null`` otherwise."""
        arguments = f"{json.dumps(self.generator_seed(seed))}, {json.dumps(self.data_mode)}"
        return (
            f"(window.__clickwrightMiniwob && __clickwrightMiniwob.task === {json.dumps(self.name)})"
            f" ? __clickwrightMiniwob.reset({arguments}) : null"
        )

    def score(self, view: View, action: Action) -> Score:
        """Judge by the corrected rule; the page's own reward goes along as ``raw``."""
        state = view.state
        raw = float(state["raw"])
        success = is_success(self.name, state)
        reward = float(success)
        parts = {"success": reward, "raw": raw}
        return Score(reward=reward, success=success, done=bool(state["done"]), raw=raw, parts=parts)

    def restate(self, surface: WebSurface, text: str) -> None:
        """Write another goal into the page's goal bar."""
        surface.evaluate("(text) => { document.getElementById('query').textContent = text; }", text)

    def oracle(self, surface: WebSurface, goal: Goal, view: View) -> Generator[Action, View, None]:
        """Solve the episode; see ``clickwright.envs.web.miniwob.oracles``."""
        from clickwright.envs.web.miniwob.oracles import solve

        return solve(self.name, surface, goal, view)

    def has_oracle(self) -> bool:  # type: ignore[override]  # one class serves 130 tasks, so this is per instance
        """Whether an oracle was written for this task."""
        from clickwright.envs.web.miniwob.oracles import ORACLES

        return self.name in ORACLES
