"""Episodes left at a step in the runner: the way there done again and proven, the rest somebody else's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from clickwright.agents.handover import HandOver
from clickwright.agents.scripted import OracleAgent, RandomAgent
from clickwright.envs.pool.kind import Kind
from clickwright.rl.advantages import Group, columns
from clickwright.rl.advantages.columns import Need
from clickwright.rl.branch_points import BranchPoint, continues_turn, decisions
from clickwright.rl.runner import Job, Runner
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Branch, BranchKind, Episode, Status, Step
from clickwright.trajectories.store import StoreWriter
from tests.rl import corridor, doors
from tests.rl.corridor import CORRIDOR_ID
from tests.rl.doors import UNEQUAL_ID

corridor.register()
doors.register()


def job(env_id: str = CORRIDOR_ID, name: str = "g-0") -> Job:
    return Job(env_id=env_id, seed=3, split="train", stream=name, episode_id=name, recorded_as="train", group_id="g")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    with (
        StoreWriter(tmp_path, run_meta={}) as writer,
        Runner(lambda env_id, frames: Kind.of(env_id, observe=("text",)), num_envs=2, writer=writer) as made,
    ):
        yield made


def left(parent: Episode, t: int, name: str, **changes: object) -> Job:
    point = BranchPoint(episode=parent, t=t, kind=BranchKind.VALUE)
    return replace(job(parent.env_id, name), leaves=point, member=1, **changes)


def test_a_branch_shares_the_way_there_and_goes_on_alone(runner: Runner, tmp_path: Path) -> None:
    (parent,) = runner.run([job()], OracleAgent())
    first, second = runner.run([left(parent, 3, "g-1"), left(parent, 3, "g-2")], RandomAgent(seed=1))
    for branch in (first, second):
        assert branch.parent == Branch(episode_id=parent.id, t=3, kind=BranchKind.VALUE)
        assert branch.steps[:3] == parent.steps[:3]
        assert branch.steps[3].state_digest == parent.steps[3].state_digest
        assert (branch.group_id, branch.member, branch.seed) == ("g", 1, parent.seed)
    # Each has a stream of its own: the two draw otherwise.
    assert [step.raw for step in first.steps[3:]] != [step.raw for step in second.steps[3:]]
    laid = columns([Group(id="g", task="t", seed=3, episodes=(parent, first))], needs=frozenset({Need.BRANCH}))
    assert laid.branch is not None
    assert sorted(set(laid.branch.tolist())) == [0, 3]
    with StoreReader(tmp_path) as reader:
        assert reader.episode(first.id).steps == first.steps
        assert reader.query("SELECT min(t) FROM steps WHERE episode = 2")[0][0] == 3


def test_a_branch_of_a_branch_and_one_at_the_start(runner: Runner) -> None:
    (parent,) = runner.run([job()], OracleAgent())
    (one,) = runner.run([left(parent, 2, "g-1")], OracleAgent(name="other"))
    # The oracle starts from its first door again, which is right in the third room or ends the episode.
    (two,) = runner.run([left(one, 1, "g-2")], RandomAgent(seed=2))
    assert two.steps[:1] == parent.steps[:1]
    (anew,) = runner.run([left(parent, 0, "g-3")], OracleAgent())
    assert anew.success
    assert anew.parent is not None
    assert anew.parent.t == 0


def test_the_wrap_of_the_job_acts_on_from_there(runner: Runner) -> None:
    (parent,) = runner.run([job()], OracleAgent())

    def helped(agent: object) -> HandOver:
        return HandOver(agent=RandomAgent(seed=5), first=OracleAgent(), num_steps=2)

    (branch,) = runner.run([left(parent, 2, "g-1", wrap=helped)], OracleAgent())
    assert branch.agent == "random"


def test_a_place_that_is_not_found_again_is_a_fault_and_not_an_episode(runner: Runner, tmp_path: Path) -> None:
    (parent,) = runner.run([job(UNEQUAL_ID)], RandomAgent())
    (branch,) = runner.run([left(parent, 0, "g-1")], RandomAgent())
    assert (branch.status, branch.steps, branch.trainable) == (Status.FAULT, (), False)
    assert branch.fault is not None
    assert "must be deterministic" in str(branch.fault["detail"])
    assert (runner.faults.num_faults, runner.faults.num_lost) == (2, 1)
    with StoreReader(tmp_path) as reader:
        assert reader.ids() == [parent.id]


def said(t: int, prompt: tuple[int, ...], answer: tuple[int, ...]) -> Step:
    return Step(t=t, state_key="s", prompt_ids=prompt, completion_ids=answer, logprobs=(-0.1,) * len(answer))


def test_a_turn_of_several_actions_is_left_before_its_first() -> None:
    steps = (
        Step(t=0, state_key="shown"), said(1, (1, 2), (3,)), said(2, (1, 2, 3), (4, 5)), said(3, (9,), (4,)),
    )  # fmt: skip
    episode = Episode(id="e", env_id="e", task="t", seed=0, goal="g", steps=steps)
    assert decisions(episode) == [1, 3]
    assert [continues_turn(episode, t) for t in range(4)] == [False, False, True, False]
    assert decisions(replace(episode, steps=steps[:1])) == []
