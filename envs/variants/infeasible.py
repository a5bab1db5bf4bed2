"""A task whose goal names something that is not there: the right answer is to say so."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from typing import Any

import numpy as np

from clickwright.envs.actions import Action, Finish, Search, Select
from clickwright.envs.surface import Surface, View
from clickwright.envs.task import Goal, Score, Task
from clickwright.envs.variants.base import Variant
from clickwright.envs.variants.rehearsal import Move, Rehearsal, rehearse

INFEASIBLE = "infeasible"

SHORTEST_UNQUOTED = 3
"""Letters of a name that a goal mentions without quotes; a shorter one may be a word of the sentence."""

_SYLLABLES = tuple("zor vex qui lun bax drey fim gop hask jiv kruw myx nop plim ruzz sweg tavv wub yalk znee".split())


class Infeasible(Variant):
    """The task's goal, with a made-up word in the place of something that the oracle acts on.

    Success is ``finish`` with the status ``infeasible``. Where the thing that the word replaces is to be seen at first,
    there is nothing to look for: the state must then be the first one still. Where it has to be searched for (a closed
    tab, a search engine), it may have changed. An action that ends the task fails.

    The parts of the score: ``refused``, whether the agent said ``infeasible``, and ``unchanged``, whether the state was
    the first one then.

    Source: reference entries 3.2 (DeepTheorem: variants with the truth turned round, so that guessing shows) and 3.5
    (PCBench: flawed premises; detection rate and over-refusal).

    Args:
        task: What the variant is made of.
    """

    def __init__(self, task: Task[Any]) -> None:
        super().__init__(task, INFEASIBLE)
        self._first: str | None = None
        self._in_sight = False

    def setup(self, surface: Surface, seed: int, rng: np.random.Generator) -> Goal:
        """Play the episode once, replace a name in its goal, and begin.

        Raises:
            ConfigError: The goal mentions nothing by name that the oracle acts on.
        """
        played = rehearse(self.task, surface, seed)
        names = named_in_goal(played)
        if not names:
            raise self.none_here(seed, "its goal mentions nothing by name that the oracle acts on")
        draws = self.draws(seed)
        name = names[int(draws.integers(len(names)))]
        word = made_up(draws, like=name, unlike=_everything_said(played))
        self._first, self._in_sight = None, any(element.name == name for element in played.start.elements)
        self.own_goal = goal = self.task.setup(surface, seed, rng)
        text = _pattern(name, goal.text).sub(lambda _: word, goal.text)
        self.task.restate(surface, text)
        params = {**goal.params, "infeasible": {"asked": word, "instead_of": name, "in_sight": self._in_sight}}
        return replace(goal, text=text, params=params)

    def judge(self, before: View, view: View, action: Action) -> Score:
        """Success for saying so; whatever else ends the episode ends it without."""
        if self._first is None:
            self._first = before.key
        own = self.task.judge(before, view, action)
        refused = isinstance(action, Finish) and action.status == "infeasible"
        unchanged = view.key == self._first
        success = refused and (unchanged or not self._in_sight)
        parts = {"refused": float(refused), "unchanged": float(unchanged), "success": float(success)}
        return Score(reward=float(success), success=success, done=own.done or refused, raw=own.raw, parts=parts)

    def oracle(self, surface: Surface, goal: Goal, view: View) -> Generator[Action, View, None]:
        """Say that it cannot be done."""
        yield Finish(status="infeasible")

    def restate(self, surface: Surface, text: str) -> None:
        """As the task does."""
        self.task.restate(surface, text)


def named_in_goal(played: Rehearsal) -> list[str]:
    """What the oracle acts on and the goal mentions, whole and letter by letter, in the order it is acted on.

    Where the goal mentions some of it in quotes, the rest is left out: in ``Select "a" and click Submit`` the target
    is ``a``.
    """
    text = played.goal.text
    names = dict.fromkeys(name for move in played.moves for name in _names(move))
    found = [name for name in names if sum(map(str.isalpha, name)) > 1 and _pattern(name, text).search(text)]
    quoted = [name for name in found if f'"{name}"' in text]
    return quoted or [name for name in found if len(name) >= SHORTEST_UNQUOTED]


def made_up(draws: np.random.Generator, *, like: str, unlike: str) -> str:
    """A word for each word of ``like``, at most three, in its letter case, that is not part of ``unlike``.

    Example:
        >>> made_up(np.random.default_rng(0), like="OK", unlike="").isupper()
        True
    """
    said = unlike.lower()
    words = list[str]()
    for _ in like.split()[:3]:
        word = ""
        while not word or word in said or word in words:
            word += str(draws.choice(_SYLLABLES))
            if len(word) < 6:
                word += str(draws.choice(_SYLLABLES))
        words.append(word)
    text = " ".join(words)
    return text.upper() if like.isupper() else text.title() if like[:1].isupper() else text


def _names(move: Move) -> tuple[str, ...]:
    action = move.action
    if isinstance(action, Search):
        return (action.query,)
    if isinstance(action, Select):
        return action.values
    return tuple(element.name for element in move.aimed_at)


def _pattern(name: str, goal: str) -> re.Pattern[str]:
    """Where a goal mentions a name: in quotes if it does so anywhere, else as a whole word."""
    if f'"{name}"' in goal:
        return re.compile(f'(?<="){re.escape(name)}(?=")')
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _everything_said(played: Rehearsal) -> str:
    seen = (element.name for move in played.moves for element in move.elements)
    return "\n".join((played.goal.text, played.start.text, *seen))
