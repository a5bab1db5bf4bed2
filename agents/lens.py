"""An agent that reads goal and page otherwise than they are recorded."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.agents.agent import Actor, Agent, Decision
from clickwright.trajectories.records import Step


def as_it_is(goal: str) -> str:
    """A goal in its own words."""
    return goal


@dataclass(frozen=True, slots=True)
class Lens:
    """Acts as another agent does that is shown another page, or the goal in other words.

    The environment's own observation is what is recorded; what was read stands in the ids of the prompt.

    Attributes:
        agent: Who acts.
        page: The page to show instead, by the page and the number of the step.
        goal: The goal to tell instead.
    """

    agent: Agent
    page: Callable[[str, int], str]
    goal: Callable[[str], str] = as_it_is

    @property
    def name(self) -> str:
        """The name of who acts."""
        return self.agent.name

    def facts(self) -> Mapping[str, Any]:
        """What is recorded of who acts."""
        return self.agent.facts()

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode."""
        return _Lens(self.agent.begin(env, key=key), self)


@dataclass(frozen=True, slots=True)
class _Lens:
    actor: Actor
    lens: Lens

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        shown = {
            **obs,
            "text": self.lens.page(str(obs.get("text", "")), len(history)),
            "goal": self.lens.goal(str(obs.get("goal", ""))),
        }
        return await self.actor.act(shown, info, history)
