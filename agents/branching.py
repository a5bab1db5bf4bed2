"""Go back to a step of a recorded episode, and let somebody else go on from there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from clickwright.agents.agent import Agent
from clickwright.agents.episode import go_on
from clickwright.errors import ClickwrightError, ConfigError
from clickwright.trajectories.origin import Origin, origin_of, recorded_origin
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.recorder import Recorder, new_episode_id
from clickwright.trajectories.records import Branch, BranchKind, Episode, Status
from clickwright.trajectories.replay.execute import Row, execute
from clickwright.trajectories.replay.worlds import Worlds, kind_for
from clickwright.trajectories.schema import store_file
from clickwright.trajectories.store import StoreWriter


class OtherStateError(ClickwrightError, RuntimeError):
    """The recorded actions do not lead to the recorded state, so nothing can branch off there."""


def branch(
    run: str | Path,
    episode_id: str,
    t: int,
    agent: Agent,
    *,
    kind: BranchKind = BranchKind.WHATIF,
    into: str | Path | None = None,
    with_text: bool = False,
) -> Episode:
    """Do the steps of a recorded episode before ``t`` again, then let an agent go on; recorded as a branch.

    The steps before are stored by reference: a branch keeps only its own. In another run than the recording's, the
    episode that it leaves is copied first.

    Args:
        run: Where the episode is recorded.
        episode_id: The episode.
        t: The first step that is done otherwise.
        agent: Who goes on.
        kind: Why; see ``BranchKind``.
        into: The run to record in; the same one when not given.
        with_text: Have observations hold text even if those of the recording do not.

    Returns:
        The branch, the steps before it included.

    Raises:
        UnknownNameError: There is no such run or episode.
        ConfigError: The episode has no step ``t``, or ends before it.
        OtherStateError: The recorded actions lead to another state.
        SurfaceFault: The machinery failed on the way to step ``t``.
        StoreInUseError: Somebody else writes the run.
    """
    with StoreReader(run) as reader:
        parent = reader.episode(episode_id)
        _refuse_step(parent, t)
        origin = recorded_origin(parent) or Origin(options={"split": "eval"} if parent.split == "eval" else {})
        target = run if into is None else into
        with Worlds() as worlds, worlds.fresh(kind_for(parent, origin, with_text=with_text)) as env:
            here = _go_to(list(execute(env, parent, origin, until=t)), parent, t)
            with StoreWriter(target, run_meta={"command": "branch", "agent": agent.name}) as writer:
                if store_file(target).resolve() != reader.path.resolve():
                    _copy(parent, reader, writer)
                recording = Recorder(writer).start(
                    env_id=parent.env_id,
                    seed=parent.seed,
                    obs=here.obs,
                    info=here.info,
                    task=parent.task,
                    goal=parent.goal,
                    split=parent.split,
                    agent=agent.name,
                    meta={
                        **origin_of(env, options=origin.options, info=here.info).as_meta(),
                        **agent.facts(),
                    },
                    episode_id=new_episode_id(),
                    parent=Branch(episode_id=parent.id, t=t, kind=kind),
                    prefix=parent.steps[:t],
                )

                async def play() -> Episode:
                    try:
                        ending = await go_on(
                            env, agent, recording, here.obs, here.info,
                            key=f"{parent.env_id}/{parent.split}/{parent.seed}/{recording.episode.id}",
                            before=parent.steps[:t],
                        )  # fmt: skip
                    except asyncio.CancelledError:
                        recording.finish(meta={"cut_by": "interrupt"})
                        raise
                    return recording.finish(terminated=ending.terminated, fault=ending.fault, meta=ending.meta)

                return asyncio.run(play())


def _refuse_step(parent: Episode, t: int) -> None:
    last = len(parent.steps) - 1
    if not 0 <= t <= last:
        raise ConfigError(f"episode {parent.id!r} has the steps 0 to {last}: none of them is {t}")


def _go_to(rows: list[Row], parent: Episode, t: int) -> Row:
    """The row to branch off in, every row up to it proven to be the recorded one."""
    for row in rows[: t + 1]:
        step = parent.steps[row.t]
        other = row.state["state_key"] != step.state_key
        if other or (step.state_digest and row.state["state_digest"] != step.state_digest):
            raise OtherStateError(
                f"row {row.t} of episode {parent.id!r} is in another state than recorded, so nothing can branch off "
                f"there: clickwright traj replay RUN --episode {parent.id} tells what differs"
            )
    if len(rows) <= t:
        raise OtherStateError(f"the replay of episode {parent.id!r} ended before step {t}")
    return rows[t]


def _copy(parent: Episode, reader: StoreReader, writer: StoreWriter) -> None:
    """Record an episode, whole, in another run, unless it is there."""
    with StoreReader(writer.path) as there:
        if parent.id in there.ids():
            return
    whole = replace(parent, parent=None)
    hashes = dict.fromkeys([*(step.frame_sha256 for step in parent.steps), str(parent.final.get("frame_sha256", ""))])
    frames = {sha256: frame for sha256 in hashes if sha256 and (frame := reader.frame(sha256)) is not None}
    if parent.status not in (Status.RUNNING, Status.CRASHED):
        writer.add(whole, frames=frames.values())
        return
    writer.begin(replace(whole, status=Status.RUNNING, steps=(), final={}))
    for step in parent.steps:
        writer.append(parent.id, step, frame=frames.get(step.frame_sha256))
