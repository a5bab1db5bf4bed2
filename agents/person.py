"""A person as an agent: what is seen goes to the terminal, a line that is typed is an action in canonical text."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.agents.agent import Actor, Decision
from clickwright.envs.action_text import parse
from clickwright.envs.actions import Invalid
from clickwright.envs.admit import admit
from clickwright.envs.profiles import KINDS, Profile
from clickwright.trajectories.records import Step
from clickwright.trajectories.wording import printable, signed

QUIT = frozenset({"quit", "exit", "q"})
HELP = 'one action a line, e.g.  click [3]  or  type "text" [2]; an empty line shows the state again, quit leaves'


@dataclass(frozen=True, slots=True)
class PersonAgent:
    """Asks a person for every action.

    What cannot be read as an action here is said, and asked for again; it is not a step.

    Example:
        >>> lines = iter(["click [1]"])
        >>> agent = PersonAgent(read=lambda: next(lines, None), say=lambda line: None)

    Args:
        read: The next line, without its end; ``None`` when there are no more.
        say: Shows a line.
        name: Recorded with every episode.
    """

    read: Callable[[], str | None]
    say: Callable[[str], None]
    name: str = "person"

    def facts(self) -> Mapping[str, Any]:
        """Nothing that its name does not say."""
        return {}

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode."""
        return _PersonActor(self, env.action_space.profile)


@dataclass(slots=True)
class _PersonActor:
    agent: PersonAgent
    profile: Profile
    greeted: bool = False

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        say = self.agent.say
        if not self.greeted:
            self.greeted = True
            allowed = ", ".join(sorted(KINDS[self.profile] - {"invalid"}))
            say(f"goal: {printable(str(obs.get('goal', '')))}\n{HELP}\nactions: {allowed}")
        self._show(obs, history)
        while True:
            line = await _in_background(self.agent.read)
            if line is None or line.strip().lower() in QUIT:
                return None
            if not line.strip():
                self._show(obs, history)
                continue
            action = admit(parse(line.strip()), self.profile)
            if isinstance(action, Invalid):
                say(f"not an action here ({action.reason}): {printable(action.detail)}. {HELP}")
                continue
            return Decision(action=action, raw=line.strip())

    def _show(self, obs: Mapping[str, Any], history: Sequence[Step]) -> None:
        earned = f", last reward {signed(history[-1].reward)}" if history else ""
        lines = [f"--- step {len(history)}{earned}", printable(str(obs.get("text", "")), keep_newlines=True)]
        if obs.get("error"):
            lines.append(f"error: {printable(str(obs['error']))}")
        self.agent.say("\n".join(lines))


async def _in_background(read: Callable[[], str | None]) -> str | None:
    """Read in a thread that nobody has to wait for: a person who interrupts is not asked for one more line."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def tell(outcome: str | None, error: BaseException | None) -> None:
        if line.done():
            return
        if error is not None:
            line.set_exception(error)
        else:
            line.set_result(outcome)

    def work() -> None:
        try:
            outcome, error = read(), None
        except (OSError, ValueError) as failure:  # the terminal is gone, or sends what is no text
            outcome, error = None, failure
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell, outcome, error)

    threading.Thread(target=work, name="clickwright-person", daemon=True).start()
    return await line
