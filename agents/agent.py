"""The contract of an agent, and the agent that asks a language model."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Protocol

from clickwright.agents.batcher import Batcher, Completer, Seat
from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.base import Codec
from clickwright.agents.codecs.coordinates import ImageSize
from clickwright.agents.codecs.turn import MAX_ACTIONS, Turn
from clickwright.agents.pointer import pointer_after
from clickwright.agents.policy import Completion, Policy, Prompt, Sampling
from clickwright.agents.prompts import PromptBuilder, Prompts
from clickwright.agents.slices import sliced
from clickwright.envs.actions import Action, InvalidReason, Ref, invalid, targets
from clickwright.errors import ConfigError
from clickwright.trajectories.records import Step

LONGEST_PROMPT = 768
"""Tokens of a prompt, unless a prompt builder says otherwise or the model's context is shorter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an agent decided.

    Where a turn is several steps, each has a decision of its own: ``completion`` is the part of the answer that says
    the action, and ``prompt`` what the policy had read and said when it came to it.

    Attributes:
        action: What to do.
        raw: How it was said.
        prompt: What the policy read; ``None`` for a script.
        completion: What it answered; ``None`` for a script.
        turn: The whole answer, read; ``None`` for a script.
        timing_ms: Milliseconds by phase (``generate``, ``queue``).
    """

    action: Action
    raw: str = ""
    prompt: Prompt | None = None
    completion: Completion | None = None
    turn: Turn | None = None
    timing_ms: Mapping[str, float] = field(default_factory=dict)


class Actor(Protocol):
    """An agent in one episode."""

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        """Decide, or return ``None`` to leave the episode, which is then cut there.

        Args:
            obs: The observation.
            info: Its info.
            history: The episode's steps so far.
        """


class Agent(Protocol):
    """Whatever acts.

    One agent serves any number of episodes at once; what belongs to an episode is in its ``Actor``.
    """

    @property
    def name(self) -> str:
        """Recorded with every episode."""

    def facts(self) -> Mapping[str, Any]:
        """What else is recorded with every episode, JSON only."""

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode.

        Args:
            env: The environment, just reset; only scripts may look at it.
            key: Names the episode's random streams.
        """


def image_size(obs: Mapping[str, Any]) -> ImageSize | None:
    """Size of an observation's image; ``None`` where it has none."""
    screen = obs.get("screen")
    return None if screen is None else ImageSize(width_px=screen.shape[1], height_px=screen.shape[0])


def still_aimed(action: Action, then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the elements that an action aims at are what they were when it was said.

    An element is told by its number, and whether it is the same one by its role and name.

    Example:
        >>> from clickwright.envs.actions import Click
        >>> ok, no = {"ref": 1, "role": "button", "name": "Ok"}, {"ref": 1, "role": "button", "name": "No"}
        >>> click = Click(target=Ref(ref=1))
        >>> still_aimed(click, [ok], [ok]), still_aimed(click, [ok], [no]), still_aimed(click, [], [no])
        (True, False, False)

    Args:
        action: What is to be done.
        then: ``info["elements"]`` of the observation it was said of.
        now: The same of the observation it is to be done in.
    """
    refs = {target.ref for target in targets(action) if isinstance(target, Ref)}
    meant, found = (
        {element["ref"]: (element["role"], element["name"]) for element in elements if element["ref"] in refs}
        for elements in (then, now)
    )
    return meant == found


class LanguageAgent:
    """A prompt, a policy and a codec.

    Example:
        Many episodes share one batcher, and one agent::

            agent = LanguageAgent(Batcher(policy), sampling=Sampling(temperature=1.0, seed=0))
            episodes = await asyncio.gather(*(run_episode(env, agent, seed=s) for s, env in enumerate(envs)))

    A turn of several actions is one step for each, in order, where ``max_actions`` allows it. What is left of the turn
    is dropped once one of them could not be done: the policy is asked again, with what happened before its eyes. An
    action at an element that the steps before it have made another one is a ``stale_ref``.

    Args:
        engine: A policy, which gets a batcher of its own, a batcher, or a seat of one.
        codec: The language the policy answers in, and is prompted in.
        prompts: Builds its prompts; a ``PromptBuilder`` within the model's context when not given.
        sampling: How tokens are drawn; the defaults of ``Sampling`` when not given.
        max_actions: Most actions of a turn; a turn with more is invalid, and nothing of it is done.
        name: Recorded with every episode.

    Raises:
        UnknownNameError: There is no such codec.
        ConfigError: The longest prompt and answer do not fit the model's context, or ``max_actions`` is out of range.
    """

    def __init__(
        self,
        engine: Policy | Batcher | Seat,
        *,
        codec: str | Codec = "canonical",
        prompts: Prompts | None = None,
        sampling: Sampling | None = None,
        max_actions: int = 1,
        name: str = "language",
    ) -> None:
        if not 1 <= max_actions <= MAX_ACTIONS:
            raise ConfigError(f"max_actions={max_actions}: a turn may have 1 to {MAX_ACTIONS}")
        self.completer: Completer = engine if isinstance(engine, Batcher | Seat) else Batcher(engine)
        self.codec = get_codec(codec)
        self.sampling = sampling or Sampling()
        self.max_actions = max_actions
        self.name = name
        policy, longest_answer = self.completer.policy, self.sampling.max_new_tokens
        context: int | None = getattr(policy, "max_context", None)
        if prompts is None:
            room = LONGEST_PROMPT if context is None else min(LONGEST_PROMPT, context - longest_answer)
            prompts = PromptBuilder(policy.encode, max_tokens=room)
        self.prompts = prompts
        if context is not None and prompts.max_tokens + longest_answer > context:
            raise ConfigError(
                f"prompts of {prompts.max_tokens} tokens and answers of {longest_answer} do not fit the model's "
                f"context of {context}: lower the prompt builder's max_tokens"
            )

    def seated(self, seat: Seat) -> LanguageAgent:
        """The same agent, asking through a seat."""
        return LanguageAgent(
            seat,
            codec=self.codec,
            prompts=self.prompts,
            sampling=self.sampling,
            max_actions=self.max_actions,
            name=self.name,
        )

    def facts(self) -> dict[str, Any]:
        """How its tokens are drawn."""
        guided = getattr(self.completer.policy, "guide", None) is not None
        return {"sampling": {**asdict(self.sampling), "guided": guided}}

    def begin(self, env: Any, *, key: str) -> Actor:
        """Start an episode."""
        return _LanguageActor(self, key)


@dataclass(slots=True)
class _LanguageActor:
    """One episode; ``waiting`` is what its last turn has yet to do, ``seen`` the elements it was said of."""

    agent: LanguageAgent
    key: str
    waiting: deque[Decision] = field(default_factory=deque)
    seen: Sequence[Mapping[str, Any]] = ()

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision:
        elements = info.get("elements", ())
        if self.waiting and history[-1].action_valid:
            return _aimed(self.waiting.popleft(), self.seen, elements)
        self.seen = elements
        first, *others = await self._ask(obs, history)
        self.waiting = deque(others)
        return first

    async def _ask(self, obs: Mapping[str, Any], history: Sequence[Step]) -> list[Decision]:
        """Let the policy speak, and read a decision for each action of its turn."""
        agent = self.agent
        started = time.perf_counter()
        built = agent.prompts.build(
            goal=str(obs.get("goal", "")),
            page=str(obs.get("text", "")),
            error=str(obs.get("error", "")),
            history=history,
            codec=agent.codec,
            image=image_size(obs),
        )
        prompt = Prompt(token_ids=built.token_ids, key=f"{self.key}#{len(history)}")
        asked = time.perf_counter()
        completion = await agent.completer.complete(prompt, agent.sampling)
        answered = time.perf_counter()
        turn = agent.codec.decode(
            completion.text, completion.finish_reason, image=image_size(obs), pointer=pointer_after(history)
        )
        waited_ms = (answered - asked) * 1e3
        timing_ms = {
            "prompt": (asked - started) * 1e3,
            "queue": max(0.0, waited_ms - completion.latency_ms),
            "generate": min(waited_ms, completion.latency_ms),
        }
        actions, parts = turn.within(agent.max_actions), [(prompt, completion)]
        if len(actions) > 1:
            starts = agent.completer.policy.token_starts(completion)
            parts = sliced(prompt, completion, ends=[span.end for span in turn.action_spans], starts=starts)
        return [
            Decision(
                action=action,
                raw=said.text,
                prompt=read,
                completion=said,
                turn=turn,
                timing_ms={} if number else timing_ms,
            )
            for number, (action, (read, said)) in enumerate(zip(actions, parts, strict=True))
        ]


def _aimed(decision: Decision, then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Decision:
    """A decision of an earlier observation, as it stands in a later one."""
    if still_aimed(decision.action, then, now):
        return decision
    why = "an action before it has made the element another one"
    return replace(decision, action=invalid(decision.raw.strip(), InvalidReason.STALE_REF, why))
