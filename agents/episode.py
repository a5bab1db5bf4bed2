"""The one loop that runs an episode: for the command line, the trainer and evaluation alike.

The environment's calls run in threads, so that many episodes overlap in one event loop. What fails in our machinery
ends the episode with a fault and is returned; only mistakes of the caller (an unknown option, a task without an oracle)
raise.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple, TypeVar

import gymnasium

from clickwright.agents.agent import Agent, Decision
from clickwright.errors import ClickwrightError, FaultKind, SurfaceFault
from clickwright.trajectories.origin import origin_of
from clickwright.trajectories.recorder import Recorder, Recording, Said
from clickwright.trajectories.records import Episode, Step

ResultT = TypeVar("ResultT")


def _fault_info(error: Exception, kind: FaultKind, where: str) -> dict[str, object]:
    """``info["fault"]`` of what was raised.

    Raises:
        Exception: ``error`` itself, when it is a mistake of the caller and not a failure of the machinery.
    """
    if isinstance(error, SurfaceFault):
        return error.as_info()
    if isinstance(error, ClickwrightError | gymnasium.error.Error):
        raise error
    detail = f"{type(error).__name__}: {error}"
    return SurfaceFault(kind, where=where, detail=detail, retryable=False).as_info()


async def _in_thread(executor: Executor | None, call: Callable[[], ResultT]) -> ResultT:
    """Run a blocking call; when cancelled, still wait for its end, so that nobody finds the environment busy."""
    future = asyncio.get_running_loop().run_in_executor(executor, call)
    try:
        return await asyncio.shield(future)
    except asyncio.CancelledError:
        await asyncio.wait([future])
        raise


def _said(decision: Decision) -> Said:
    if decision.completion is None or decision.prompt is None:
        return Said(raw=decision.raw)
    return Said(
        raw=decision.raw,
        prompt_ids=decision.prompt.token_ids,
        completion_ids=decision.completion.token_ids,
        logprobs=decision.completion.logprobs,
        finish_reason=str(decision.completion.finish_reason),
        policy_version=decision.completion.policy_version,
    )


async def run_episode(
    env: gymnasium.Env[Any, Any],
    agent: Agent,
    *,
    seed: int,
    options: Mapping[str, Any] | None = None,
    env_id: str | None = None,
    episode_id: str | None = None,
    key: str | None = None,
    split: str = "train",
    group_id: str = "",
    member: int = 0,
    iteration: int = 0,
    executor: Executor | None = None,
    recorder: Recorder | None = None,
    meta: Mapping[str, Any] | None = None,
) -> Episode:
    """Reset the environment and act until the episode ends.

    Each step's ``timing_ms`` holds the environment's own phases, ``env`` for the whole of its call, and ``prompt``,
    ``queue`` and ``generate`` of the decision before it.

    Args:
        env: An environment nobody else uses meanwhile.
        agent: Who acts.
        seed: Given to ``reset``.
        options: Given to ``reset``, e.g. ``{"split": "eval"}``.
        env_id: Recorded; the environment's registered id when not given.
        episode_id: Recorded; made up when not given.
        key: Names the agent's random streams; made of the task, seed, group, member and iteration when not given, so
            that the members of a group differ and a repetition does not.
        split: Recorded.
        group_id: Recorded.
        member: Recorded.
        iteration: Recorded.
        executor: Threads of the environment's calls; asyncio's own, a few, when not given.
        recorder: Where the episode is written as it happens; nowhere when not given.
        meta: Recorded.

    Raises:
        ClickwrightError: A mistake of the caller.
    """
    if env_id is None:
        env_id = env.spec.id if env.spec is not None else type(env.unwrapped).__name__
    if key is None:
        key = f"{env_id}/{split}/{seed}/{group_id}/{member}/{iteration}"
    started = time.perf_counter()
    fault: dict[str, object] | None = None
    obs: Any = {}
    info: dict[str, Any] = {}
    try:
        obs, info = await _in_thread(executor, lambda: env.reset(seed=seed, options=dict(options) if options else None))
    except Exception as error:
        fault = _fault_info(error, FaultKind.PAGE, "reset")
        info = {"fault": fault}
    reset_ms = (time.perf_counter() - started) * 1e3
    recording = (recorder or Recorder(None)).start(
        env_id=env_id,
        seed=seed,
        obs=obs,
        info=info,
        split=split,
        agent=agent.name,
        group_id=group_id,
        member=member,
        iteration=iteration,
        meta={
            **origin_of(env, options=options, info=info).as_meta(),
            **agent.facts(),
            **(meta or {}),
        },
        episode_id=episode_id,
    )
    ending = Ending(fault=fault)
    if not info.get("fault"):
        ending = await go_on(env, agent, recording, obs, info, key=key, executor=executor)
    total_ms = (time.perf_counter() - started) * 1e3
    return recording.finish(
        terminated=ending.terminated,
        fault=ending.fault,
        meta={"timing_ms": {"reset": reset_ms, "total": total_ms}, **ending.meta},
    )


class Ending(NamedTuple):
    """How an episode came to its end.

    Attributes:
        terminated: Whether the task ended.
        fault: What failed outside the environment's own faults.
        left: Whether the agent left it.
    """

    terminated: bool = False
    fault: dict[str, object] | None = None
    left: bool = False

    @property
    def meta(self) -> dict[str, Any]:
        """What is recorded of it."""
        return {"cut_by": "agent"} if self.left else {}


async def go_on(
    env: gymnasium.Env[Any, Any],
    agent: Agent,
    recording: Recording,
    obs: Any,
    info: dict[str, Any],
    *,
    key: str,
    executor: Executor | None = None,
    before: Sequence[Step] = (),
) -> Ending:
    """Act in a running episode until its end, or until the agent leaves it.

    Args:
        env: The environment.
        agent: Who acts.
        recording: Where every step goes; finishing it is the caller's.
        obs: What is seen now.
        info: Its info.
        key: Names the agent's random streams.
        executor: Threads of the environment's calls.
        before: The steps that led here.

    Raises:
        ClickwrightError: A mistake of the caller.
    """
    history = list(before)
    try:
        actor = await _in_thread(executor, lambda: agent.begin(env, key=key))
    except Exception as error:
        return Ending(fault=_fault_info(error, FaultKind.POLICY, "begin"))
    while True:
        try:
            decision = await actor.act(obs, info, history)
        except Exception as error:
            return Ending(fault=_fault_info(error, FaultKind.POLICY, "act"))
        if decision is None:
            return Ending(left=True)
        outcome = await _in_thread(executor, partial(_step, env, recording, decision))
        if not isinstance(outcome, _Outcome):
            return Ending(fault=outcome)
        obs, info = outcome.obs, outcome.info
        history.append(outcome.step)
        if outcome.terminated or outcome.truncated:
            return Ending(terminated=outcome.terminated)


class _Outcome(NamedTuple):
    """What a step led to."""

    obs: Any
    info: dict[str, Any]
    terminated: bool
    truncated: bool
    step: Step


def _step(env: gymnasium.Env[Any, Any], recording: Recording, decision: Decision) -> _Outcome | dict[str, object]:
    """Step and record in one go; an environment that raises and a store that is full give a fault."""
    started = time.perf_counter()
    try:
        obs, reward, terminated, truncated, info = env.step(decision.action)
    except Exception as error:
        return _fault_info(error, FaultKind.PAGE, "step")
    env_ms = (time.perf_counter() - started) * 1e3
    try:
        step = recording.record(
            _said(decision),
            obs=obs,
            reward=float(reward),
            info={**info, "timing": {**info.get("timing", {}), **decision.timing_ms, "env": env_ms}},
            action=decision.action.model_dump(mode="json"),
        )
    except SurfaceFault as full:
        return full.as_info()
    return _Outcome(obs, info, bool(terminated), bool(truncated), step)
