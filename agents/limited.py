"""An agent that leaves an episode after so many steps, whatever the environment would allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.agents.agent import Actor, Agent, Decision
from clickwright.trajectories.records import Step


@dataclass(frozen=True, slots=True)
class Limited:
    """Acts as another agent does, for at most ``max_steps`` steps; the episode is then truncated.

    Attributes:
        agent: Who acts.
        max_steps: Steps of an episode after which it is left; at least 1.
    """

    agent: Agent
    max_steps: int

    @property
    def name(self) -> str:
        """The name of who acts."""
        return self.agent.name

    def facts(self) -> Mapping[str, Any]:
        """What is recorded of who acts."""
        return self.agent.facts()

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode."""
        return _Limited(self.agent.begin(env, key=key), self.max_steps)


@dataclass(frozen=True, slots=True)
class _Limited:
    actor: Actor
    max_steps: int

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        return None if len(history) >= self.max_steps else await self.actor.act(obs, info, history)
