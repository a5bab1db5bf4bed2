"""Where the right answer comes from: the episode's own record, a recorded run, or the task's own solution.

In this order: what ``Episode.meta["truth"]`` says (an import from a dataset writes it); successes of the run that a
scorer is given; else the task's oracle, which solves the episode's very seed again in an environment of its own.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clickwright.agents.episode import run_episode
from clickwright.agents.scripted import OracleAgent
from clickwright.envs.actions import MAX_TEXT
from clickwright.envs.pool.kind import Kind
from clickwright.errors import ConfigError, DamagedFileError
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.scoring import start_of
from clickwright.trajectories.origin import KEY as ORIGIN
from clickwright.trajectories.origin import recorded_origin
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Step
from clickwright.trajectories.replay.worlds import Worlds, kind_for

KEY = "truth"
"""Where ``Episode.meta`` keeps what its dataset says."""

_Text = Annotated[str, Field(max_length=10 * MAX_TEXT)]
_Texts = Annotated[tuple[_Text, ...], Field(max_length=1_000)]


class NoTruthError(Exception):
    """Nobody knows what would have been right here; the message says why."""


class RightAction(BaseModel):
    """What would have been right in a step, as GUI datasets say it.

    Attributes:
        action: Its name.
        place: A point ``(x, y)`` or a box ``(left, top, right, bottom)`` in fractions of the screen, or nothing.
        text: Its text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    action: _Text
    place: tuple[()] | tuple[float, float] | tuple[float, float, float, float] = ()
    text: _Text = ""


class Told(BaseModel):
    """What a dataset says of an episode; read from a record, so it is untrusted.

    Example:
        >>> Told.model_validate({"answers": ["Paris"], "more": 1}).answers
        ('Paris',)

    Attributes:
        answers: Right answers to a closed question.
        findings: What can be found of an open one.
        responses: The right response to each step, by its ``t``.
        actions: The right action of each step, by its ``t``.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    answers: _Texts = ()
    findings: _Texts = ()
    responses: _Texts = ()
    actions: Annotated[tuple[RightAction, ...], Field(max_length=1_000)] = ()


class TruthOptions(PluginOptions):
    """Settings of whatever compares with what was right.

    Attributes:
        demonstrations: Folder of a run whose successes are right; empty to ask each task's oracle.
    """

    demonstrations: str = ""


def told(episode: Episode) -> Told:
    """What the episode's own record says.

    Raises:
        DamagedFileError: It says something that cannot be read.
    """
    try:
        return Told.model_validate(episode.meta.get(KEY, {}))
    except ValidationError as error:
        raise DamagedFileError(f'meta["{KEY}"] of episode {episode.id!r} cannot be read: {error}') from error


class Teacher:
    """Knows what was right, while it is open."""

    def __init__(self, shown: Mapping[tuple[str, ...], list[Episode]] | None, worlds: Worlds, stack: ExitStack) -> None:
        self._shown, self._worlds, self._stack = shown, worlds, stack
        self._solved: dict[tuple[str, ...], list[Episode]] = {}
        self._envs: dict[Kind, Any] = {}

    def successes(self, episode: Episode) -> list[Episode]:
        """Successful tries at the same thing, by whoever is trusted.

        Raises:
            NoTruthError: There is none.
            ConfigError: Its task has no oracle, or its environment cannot be made from its record.
        """
        if self._shown is not None:
            if not (found := self._shown.get(_same_thing(episode), [])):
                raise NoTruthError("no success of the demonstrations began like this")
            return found
        thing = (*_same_thing(episode), str(episode.meta.get(ORIGIN)))
        if thing not in self._solved:
            self._solved[thing] = [one for one in [self._solve(episode)] if one.success]
        if not self._solved[thing]:
            raise NoTruthError("the task's oracle failed")
        return self._solved[thing]

    def answers(self, episode: Episode) -> tuple[str, ...]:
        """Right answers to the episode's question; raises like ``successes``."""
        if found := told(episode).answers:
            return found
        said = (final_answer(one) for one in self.successes(episode))
        if not (known := tuple(dict.fromkeys(answer for answer in said if answer))):
            raise NoTruthError("this is no question: who solves it gives no answer")
        return known

    def steps(self, episode: Episode, step: Step) -> list[Step]:
        """What was done in the step's state by who succeeded; raises like ``successes``."""
        if not step.state_key:
            raise NoTruthError("the state has no key")
        found = [one for other in self.successes(episode) for one in other.steps if one.state_key == step.state_key]
        if not found:
            raise NoTruthError("no success went through this state")
        return [one for one in found if one.state_digest == step.state_digest] or found

    def _solve(self, episode: Episode) -> Episode:
        origin = recorded_origin(episode)
        if origin is None:
            raise ConfigError(
                f"episode {episode.id!r} does not say how its environment was made, so its task's oracle cannot be "
                "asked: give demonstrations = RUN, or record what was right in meta['truth']"
            )
        kind = kind_for(episode, origin, with_text=True)
        if kind not in self._envs:
            self._envs[kind] = self._stack.enter_context(self._worlds.fresh(kind))
        return asyncio.run(
            run_episode(
                self._envs[kind], OracleAgent(), seed=episode.seed, options=origin.options, env_id=episode.env_id
            )
        )


@contextmanager
def teacher(demonstrations: str = "") -> Iterator[Teacher]:
    """Somebody who knows what was right.

    Args:
        demonstrations: Folder of a run whose successes are right; empty to ask each task's oracle.

    Raises:
        UnknownNameError: No such run.
        ConfigError: The run has no success.
    """
    with ExitStack() as stack:
        worlds = stack.enter_context(Worlds())
        yield Teacher(_successes(demonstrations) if demonstrations else None, worlds, stack)


def _same_thing(episode: Episode) -> tuple[str, ...]:
    """What two tries at the same thing have in common: the start alone may hide what is different."""
    return (*start_of(episode), str(episode.seed))


def _successes(run: str) -> dict[tuple[str, ...], list[Episode]]:
    found: dict[tuple[str, ...], list[Episode]] = defaultdict(list)
    with StoreReader(run) as reader:
        for episode in reader.whole_episodes(success=True):
            if episode.trainable and episode.steps:
                found[_same_thing(episode)].append(episode)
    if not found:
        raise ConfigError(f"{run} has no success that anybody could learn what is right from")
    return dict(found)


def final_answer(episode: Episode) -> str:
    """What an episode answered; empty where it did not."""
    last = episode.steps[-1].action if episode.steps else {}
    answer = last.get("answer") if last.get("kind") == "finish" else ""
    return answer if isinstance(answer, str) else ""
