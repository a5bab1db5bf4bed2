"""An agent that begins an episode, and another that goes on from there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from clickwright.agents.agent import Actor, Agent, Decision
from clickwright.trajectories.records import Step


@dataclass(frozen=True, slots=True)
class HandOver:
    """Lets ``first`` take the first ``num_steps`` steps of an episode and ``agent`` all that follow.

    Attributes:
        agent: Who goes on, and whose name the episode carries.
        first: Who begins.
        num_steps: Steps of who begins.
    """

    agent: Agent
    first: Agent
    num_steps: int

    @property
    def name(self) -> str:
        """The name of who goes on."""
        return self.agent.name

    def facts(self) -> Mapping[str, Any]:
        """What is recorded of who goes on."""
        return self.agent.facts()

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode, or go on with one that is past the first steps."""
        return _HandOver(self.agent.begin(env, key=key), partial(self.first.begin, env, key=key), self.num_steps)


@dataclass(slots=True)
class _HandOver:
    actor: Actor
    begin_first: partial[Actor]
    num_steps: int
    first: Actor | None = field(default=None)

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        if len(history) >= self.num_steps:
            return await self.actor.act(obs, info, history)
        if self.first is None:
            # Begun where it is needed: in a branch that leaves an episode later, its plan would start in mid-episode.
            self.first = await asyncio.to_thread(self.begin_first)
        return await self.first.act(obs, info, history)
