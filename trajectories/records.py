"""What an episode is, in memory: frozen facts that the recorder stores and the trainer reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """How an episode ended.

    ``CRASHED`` is never recorded: a reader reports it for an episode whose writer died before its end.
    """

    RUNNING = "running"
    TERMINATED = "terminated"
    TRUNCATED = "truncated"
    FAULT = "fault"
    CRASHED = "crashed"


class BranchKind(StrEnum):
    """Why an episode branches off another.

    ``VALUE`` measures what becomes of a state (a rollout of SPO); ``ARPO`` is tried where a policy was unsure.
    """

    ARPO = "arpo"
    WHATIF = "whatif"
    CORRECTION = "correction"
    RETRY = "retry"
    VALUE = "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """Where an episode left another: its steps before ``t`` are those of ``episode_id``, which alone stores them.

    Example:
        >>> Branch(episode_id="one", t=2, kind=BranchKind.WHATIF).t
        2

    Attributes:
        episode_id: The episode it branches off; it may be a branch itself.
        t: Number of the first step of its own.
        kind: Why.
    """

    episode_id: str
    t: int
    kind: BranchKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One decision: what was seen, what was said, what was done, what it earned.

    Example:
        >>> step = Step(t=0, state_key="a1", text='button "Ok" [1]', raw='click "Ok" [1]',
        ...             action={"kind": "click", "target": {"ref": 1, "name": "Ok"}}, reward=1.0)
        >>> step.trainable
        False

    Attributes:
        t: Position in the episode, from 0.
        state_key: Anchor of the state the decision was made in.
        state_digest: Full digest of that state.
        text: Text observation the policy read.
        elements: What could be acted on in it: ``{"ref", "role", "name", "box"}`` each, the box as fractions of the
            screen.
        error: Error the observation carried (of the action before).
        frame_sha256: Frame before the action; empty when none was captured.
        raw: The policy's text; of an answer that asks for several actions, the part that says this one.
        prompt_ids: Token ids the policy had read, and said, before that; empty for a scripted agent.
        completion_ids: Token ids sampled for it.
        logprobs: Behaviour log-probability of each completion id.
        finish_reason: Why generation ended (``"stop"``, ``"length"``, ``"script"``).
        policy_version: Version of the weights that sampled.
        action: The parsed action as JSON.
        action_valid: Whether it could be performed.
        action_error: Why not.
        box: Box of the element it hit, as fractions of the screen.
        reward: What the step earned, penalty included.
        reward_parts: Named terms of it.
        timing_ms: Milliseconds by phase.
    """

    t: int
    state_key: str
    state_digest: str = ""
    text: str = ""
    elements: tuple[Mapping[str, Any], ...] = ()
    error: str = ""
    frame_sha256: str = ""
    raw: str = ""
    prompt_ids: tuple[int, ...] = ()
    completion_ids: tuple[int, ...] = ()
    logprobs: tuple[float, ...] = ()
    finish_reason: str = "script"
    policy_version: int = 0
    action: Mapping[str, Any] = field(default_factory=dict)
    action_valid: bool = True
    action_error: str = ""
    box: tuple[float, float, float, float] | None = None
    reward: float = 0.0
    reward_parts: Mapping[str, float] = field(default_factory=dict)
    timing_ms: Mapping[str, float] = field(default_factory=dict)

    @property
    def trainable(self) -> bool:
        """Whether a policy sampled this step (a script did not)."""
        return bool(self.completion_ids) and len(self.completion_ids) == len(self.logprobs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One try at a task.

    Attributes:
        id: Unique within a store.
        env_id: Registered id, e.g. ``"clickwright/miniwob.click-test-2-v0"``.
        task: Task name.
        seed: Seed given to ``reset``.
        goal: Instruction.
        split: ``"train"``, ``"eval"`` or ``"demo"``.
        agent: Name of what acted.
        group_id: The group this try belongs to; empty for none.
        member: Place in the group.
        iteration: Training iteration that collected it.
        parent: Where it branched off another episode; its steps before that are the other's.
        status: How it ended.
        success: Whether the goal was met.
        steps: Decisions in order, those before a branch included.
        final: Observation after the last action: ``{"text", "state_key", "state_digest", "frame_sha256", "error"}``.
        fault: ``info["fault"]`` when our machinery failed.
        meta: Versions and anything else worth keeping, JSON only.
    """

    id: str
    env_id: str
    task: str
    seed: int
    goal: str
    split: str = "train"
    agent: str = ""
    group_id: str = ""
    member: int = 0
    iteration: int = 0
    parent: Branch | None = None
    status: Status = Status.RUNNING
    success: bool = False
    steps: tuple[Step, ...] = ()
    final: Mapping[str, str] = field(default_factory=dict)
    fault: Mapping[str, Any] | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def trainable(self) -> bool:
        """Whether a trainer may use it: no fault, and ended."""
        return self.fault is None and self.status in (Status.TERMINATED, Status.TRUNCATED)

    @property
    def score(self) -> float:
        """Undiscounted return, penalties included."""
        return float(sum(step.reward for step in self.steps))
