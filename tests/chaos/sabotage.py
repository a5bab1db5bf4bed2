"""Environments that break on command, in the middle of an episode, and an agent that gives the command once or always.

``say "chaos:NAME"`` does the deed NAME and goes on with an ordinary action, which then meets the damage.
"""

from __future__ import annotations

import hashlib
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np

from clickwright.agents.agent import Decision
from clickwright.envs.actions import Action, Click, Ref, Say, Wait
from clickwright.envs.registration import make_task_env
from clickwright.envs.task_env import TaskEnv
from clickwright.trajectories.records import Step
from tests.envs.counter_env import LightsOut, LightsSurface

LIGHTS_ID, PAGE_ID = "clickwright-tests/sabotaged-lights-v0", "clickwright-tests/sabotaged-page-v0"

WEDGED = threading.Event()
"""Never set in a worker; set at the end of a test here, so that the stuck thread ends."""


def _tell_page(env: TaskEnv, method: str) -> None:
    surface: Any = env.surface
    tab, browser = surface._window.front, surface.browser
    browser.loop.call_soon_threadsafe(lambda: browser.pipe.tell(method, session=tab.session))


def _drop_connection(env: TaskEnv) -> None:
    browser = env.surface.browser  # type: ignore[attr-defined]
    browser.loop.call_soon_threadsafe(browser.pipe.close)


def _break_scorer(env: TaskEnv) -> None:
    def score(view: Any, action: Any) -> Any:
        raise KeyError("the answer key is gone")

    env.task.score = score  # type: ignore[method-assign]


def _wedge_scorer(env: TaskEnv) -> None:
    def score(view: Any, action: Any) -> Any:
        WEDGED.wait()
        raise KeyError("too late")

    env.task.score = score  # type: ignore[method-assign]


def _script(source: str) -> Callable[[TaskEnv], None]:
    return lambda env: env.surface.evaluate(source)  # type: ignore[attr-defined]


DEEDS: dict[str, Callable[[TaskEnv], None]] = {
    "renderer": lambda env: _tell_page(env, "Page.crash"),
    "browser": lambda env: env.surface.kill(),  # type: ignore[attr-defined]
    "connection": _drop_connection,
    "worker": lambda env: os.kill(os.getpid(), signal.SIGKILL),
    "frozen worker": lambda env: os.kill(os.getpid(), signal.SIGSTOP),
    "scorer": _break_scorer,
    "wedged scorer": _wedge_scorer,
    "loop in a click": _script("addEventListener('mousedown', () => { for (;;); }, true), 0"),
    "loop in a timer": _script("setTimeout(() => { for (;;); }, 100), 0"),
    "loop in a frame": _script("requestAnimationFrame(() => { for (;;); }), 0"),
}


class Sabotaged(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Does what it is told."""

    def reset(self, **arguments: Any) -> Any:
        self.env.unwrapped.task.__dict__.pop("score", None)  # type: ignore[attr-defined]
        return self.env.reset(**arguments)

    def step(self, action: Any) -> Any:
        text = action.get("text", "") if isinstance(action, Mapping) else getattr(action, "text", "")
        if str(text).startswith("chaos:"):
            DEEDS[text.removeprefix("chaos:")](self.env.unwrapped)  # type: ignore[arg-type]
            action = "click (0.5, 0.9)"
        return self.env.step(action)


def make_lights(**settings: Any) -> Sabotaged:
    """Without a browser."""
    return Sabotaged(TaskEnv(LightsSurface, LightsOut(), **settings))


def make_page(**settings: Any) -> Sabotaged:
    """In a browser."""
    return Sabotaged(make_task_env(family="miniwob", task="click-test-2", **settings))


@dataclass(frozen=True)
class Steady:
    """Acts by the name of its stream alone, so that a second try goes as the first; the victim does a deed.

    Args:
        victim: Stream whose second action is the deed.
        deed: Which one.
        always: Whether the second try does it too.
    """

    victim: str = ""
    deed: str = ""
    always: bool = False
    name: str = "steady"

    def facts(self) -> Mapping[str, Any]:
        return {}

    def begin(self, env: Any, *, key: str) -> Any:
        stream = key.removesuffix("/again")
        guilty = stream == self.victim and (self.always or stream == key)
        return _Actor(stream, self.deed if guilty else "")


@dataclass(frozen=True)
class _Actor:
    stream: str
    deed: str

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision:
        if not history:
            return _decided(Wait(ms=50))
        if self.deed and len(history) == 1:
            return _decided(Say(text=f"chaos:{self.deed}"))
        digest = hashlib.sha256(f"{self.stream} {len(history)}".encode()).digest()
        return _decided(Click(target=Ref(ref=int(np.frombuffer(digest[:4], "u4")[0] % 7 + 1))))


def _decided(action: Action) -> Decision:
    return Decision(action=action, raw=action.kind)


for env_id, entry_point in ((LIGHTS_ID, "make_lights"), (PAGE_ID, "make_page")):
    if env_id not in gymnasium.registry:
        gymnasium.register(env_id, entry_point=f"tests.chaos.sabotage:{entry_point}")
