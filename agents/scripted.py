"""Agents without a model: the task's own solution, and chance."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clickwright.agents.agent import Actor, Decision
from clickwright.agents.codecs import get_codec
from clickwright.envs.actions import Action, Drag, Finish, Ref
from clickwright.envs.spaces import ActionSpace
from clickwright.envs.surface import Element
from clickwright.trajectories.records import Step


def with_names(action: Action, elements: Sequence[Mapping[str, Any]]) -> Action:
    """The same action, its refs carrying the names of the elements they mean.

    Example:
        >>> from clickwright.envs.actions import Click
        >>> with_names(Click(target=Ref(ref=3)), [{"ref": 3, "name": "Ok"}]).target
        Ref(ref=3, name='Ok')
    """
    names = {element["ref"]: element["name"] for element in elements}

    def named(target: Any) -> Any:
        if isinstance(target, Ref) and target.name is None and names.get(target.ref):
            return target.model_copy(update={"name": names[target.ref]})
        return target

    if isinstance(action, Drag):
        return action.model_copy(update={"path": tuple(named(target) for target in action.path)})
    target = getattr(action, "target", None)
    return action if target is None else action.model_copy(update={"target": named(target)})


@dataclass(frozen=True, slots=True)
class OracleAgent:
    """Does what the task's own oracle does; finishes when the oracle has nothing left to do.

    Args:
        label_refs: Name the elements that actions point at, as in ``click "Ok" [3]``.
        name: Recorded with every episode.
    """

    label_refs: bool = False
    name: str = "oracle"

    def facts(self) -> Mapping[str, Any]:
        """Nothing that its name does not say."""
        return {}

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode.

        Raises:
            ConfigError: The task has no oracle.
        """
        return _OracleActor(env.unwrapped.oracle(), self.label_refs)


@dataclass(frozen=True, slots=True)
class _OracleActor:
    oracle: Any
    label_refs: bool

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision:
        # The oracle may look into the surface, and surfaces are not to be touched from the event loop.
        action: Action | None = await asyncio.to_thread(self.oracle.next)
        if action is None:
            action = Finish()
        elif self.label_refs:
            action = with_names(action, info.get("elements", ()))
        return Decision(action=action, raw=get_codec("canonical").encode(action))


@dataclass(frozen=True, slots=True)
class RandomAgent:
    """Draws actions that the profile allows, aimed at the elements of the observation.

    Args:
        seed: Root of its random streams.
        name: Recorded with every episode.
    """

    seed: int = 0
    name: str = "random"

    def facts(self) -> Mapping[str, Any]:
        """Nothing that its name does not say."""
        return {}

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode."""
        digest = hashlib.blake2b(f"{self.seed}\0{key}".encode(), digest_size=8).digest()
        rng = np.random.default_rng(int.from_bytes(digest, "little"))
        return _RandomActor(ActionSpace(env.action_space.profile, seed=rng))


@dataclass(frozen=True, slots=True)
class _RandomActor:
    space: ActionSpace

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision:
        self.space.offer(
            Element(ref=e["ref"], role=e["role"], name=e["name"], box=e["box"]) for e in info.get("elements", ())
        )
        action = self.space.sample()
        return Decision(action=action, raw=get_codec("canonical").encode(action))
