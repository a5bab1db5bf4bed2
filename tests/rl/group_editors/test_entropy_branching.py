"""The other ARPO: entropies and chances to the number, who is left where, and a run that does not depend on timing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.columns import shared_steps
from clickwright.rl.branch_points import BranchPoint
from clickwright.rl.group_editors import Situation
from clickwright.rl.group_editors.entropy_branching import EntropyBranching, branch_chance, entropy
from clickwright.rl.metrics import read_metrics
from clickwright.rl.moment import Moment
from clickwright.rl.recipe import Recipe
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import BranchKind, Episode, Status, Step
from tests.rl.doors import DOORS_ID
from tests.rl.recipes import doors_recipe

VOCABULARY = 151_936


def nats(*shares: float) -> float:
    return -sum(share * math.log(share) for share in shares)


def test_the_worked_numbers() -> None:
    sure, even = entropy([nats(0.9, 0.1)], VOCABULARY), entropy([nats(0.5, 0.5)], VOCABULARY)
    assert sure == pytest.approx(0.027246, abs=1e-6)
    assert even == pytest.approx(0.058095, abs=1e-6)
    assert branch_chance(even - sure, probability=0.5, weight=0.2) == pytest.approx(0.506170, abs=1e-6)
    many = entropy([nats(0.5, 0.5)] * 30, VOCABULARY) - entropy([nats(0.9, 0.1)] * 30, VOCABULARY)
    assert branch_chance(many, probability=0.5, weight=0.2) == pytest.approx(0.623395, abs=1e-6)
    assert branch_chance(9.0, probability=0.5, weight=0.2) == 1.0
    assert branch_chance(-9.0, probability=0.5, weight=0.2) == 0.0
    assert entropy([], VOCABULARY) == 0.0


def step(t: int, logprob: float = -0.1) -> Step:
    return Step(t=t, state_key=str(t), prompt_ids=(t + 1,), completion_ids=(7,), logprobs=(logprob,))


def episode(name: str, length: int, *, member: int = 0, **more: Any) -> Episode:
    return Episode(
        id=name, env_id="e", task="t", seed=1, goal="g", group_id="g", member=member, status=Status.TERMINATED,
        steps=more.pop("steps", tuple(step(t) for t in range(length))), **more,
    )  # fmt: skip


class Rolling:
    """A situation whose branches go on for as long as their parents did, and whose entropies are told by the step."""

    def __init__(self, entropy_at: Callable[[Step], float], *, lost: bool = False, seed: int = 0) -> None:
        self.points: list[BranchPoint] = []
        self.rounds: list[int] = []
        self.entropy_at, self.lost, self.seed = entropy_at, lost, seed

    def branch(self, points: Sequence[BranchPoint]) -> list[Episode]:
        self.rounds.append(len(points))
        made = []
        for point in points:
            number = len(self.points) + 100
            self.points.append(point)
            made.append(
                episode(f"b{number}", len(point.episode.steps), member=number, parent=point.branch,
                        steps=point.episode.steps)
            )  # fmt: skip
        return [] if self.lost else made

    def situation(self) -> Situation:
        moment = Moment(
            iteration=1, max_iterations=9, version=0, seed=self.seed, tasks=("e",), num_groups=1, group_size=4
        )
        return Situation(
            moment=moment, run_dir=Path(), roll_out=lambda plans: [], branch=self.branch, vocabulary=10,
            entropies=lambda steps: [(self.entropy_at(step),) for step in steps],
        )  # fmt: skip


def group(*lengths: int) -> Group:
    return Group(id="g", task="t", seed=1, episodes=tuple(episode(f"e{k}", n, member=k) for k, n in enumerate(lengths)))


def edited(found: Group, rolling: Rolling, **options: Any) -> Group:
    (result,) = EntropyBranching(EntropyBranching.Options(**options)).edit([found], rolling.situation())
    return result


def test_where_entropy_has_grown_there_is_always_a_branch_and_where_it_has_fallen_never() -> None:
    rolling = Rolling(lambda step: {0: 1.0, 1: -50.0, 2: 50.0}[step.t])
    result = edited(group(3, 3), rolling, size=4, entropy_weight=1.0)
    assert [(point.episode.id, point.t, point.kind) for point in rolling.points] == [
        ("e0", 2, BranchKind.ARPO), ("e1", 2, BranchKind.ARPO),
    ]  # fmt: skip
    assert [shared_steps(result, one) for one in result.episodes] == [0, 0, 2, 2]


def test_turns_come_first_then_members_and_no_more_than_there_is_room_for() -> None:
    rolling = Rolling(lambda step: 99.0 if step.t else 0.0)
    edited(group(4, 2, 4), rolling, size=7, entropy_weight=1.0)
    assert [(point.t, point.episode.id) for point in rolling.points] == [(1, "e0"), (1, "e1"), (1, "e2"), (2, "e0")]


def test_branches_branch_later_than_they_began_and_a_beam_bounds_each_decision() -> None:
    rolling = Rolling(lambda step: 99.0 if step.t else 0.0)
    edited(group(3), rolling, size=64, entropy_weight=1.0, beam_size=3)
    # Two at decision 1 and two at 2; each of the first two, two more at 2. The rest of 64 begins anew.
    assert rolling.rounds == [4, 4, 55]
    assert {point.t for point in rolling.points[4:8]} == {2}
    assert {(point.t, point.kind) for point in rolling.points[8:]} == {(0, BranchKind.RETRY)}


def test_the_first_entropy_is_each_episodes_own() -> None:
    sure = episode("sure", 2, steps=(step(0, -0.1), step(1, -5.0)))
    unsure = episode("unsure", 2, member=1, steps=(step(0, -5.0), step(1, -5.0)))
    rolling = Rolling(lambda step: 0.0)
    both = Group(id="g", task="t", seed=1, episodes=(sure, unsure))
    edited(both, rolling, size=3, estimate="surprisal", branch_probability=0.0, entropy_weight=99.0)
    assert [(point.episode.id, point.t) for point in rolling.points] == [("sure", 1)]


def test_the_share_of_branches_is_the_probability() -> None:
    rolling = Rolling(lambda step: 0.0)
    made = Group(id="g", task="t", seed=1, episodes=tuple(episode(f"e{k}", 2, member=k) for k in range(2_000)))
    edited(made, rolling, size=4_000, branch_probability=0.3)
    assert rolling.rounds[0] == pytest.approx(600, abs=90)
    again = Rolling(lambda step: 0.0)
    edited(made, again, size=4_000, branch_probability=0.3)
    assert [point.episode.id for point in again.points] == [point.episode.id for point in rolling.points]
    other = Rolling(lambda step: 0.0, seed=1)
    edited(made, other, size=4_000, branch_probability=0.3)
    assert [point.episode.id for point in other.points] != [point.episode.id for point in rolling.points]


def test_lost_branches_and_episodes_of_one_decision_and_of_none() -> None:
    lost = Rolling(lambda step: 99.0 if step.t else 0.0, lost=True)
    assert len(edited(group(3, 3), lost, size=5, entropy_weight=1.0).episodes) == 2
    short = Rolling(lambda step: 0.0)
    assert len(edited(group(1, 1), short, size=5).episodes) == 5
    shown = episode("s", 0, steps=(Step(t=0, state_key="a"),))
    none = Rolling(lambda step: 0.0)
    assert len(edited(Group(id="g", task="t", seed=1, episodes=(shown,)), none, size=5).episodes) == 1
    assert EntropyBranching(EntropyBranching.Options()).edit([], none.situation()) == []


def recipe(model: Path, **settings: Any) -> Recipe:
    usual = {"group_editors": [{"name": "entropy_branching", "size": 6, "branch_probability": 0.9}], "group_size": 3}
    made = doors_recipe(
        model,
        tasks=(DOORS_ID,),
        rollout={"num_envs": 4, "deterministic": True},
        train={"groups": 3, "max_iterations": 1, "minibatches": 1} | usual | settings,
        evaluate={"episodes_per_task": 1},
    )
    made.check()
    return made


def recorded(run: Path) -> list[tuple[Any, ...]]:
    with StoreReader(run) as reader:
        return sorted(
            (one.id, one.parent, [(step.raw, step.logprobs) for step in one.steps], one.success)
            for one in reader.whole_episodes(split="train")
        )


def test_a_run_grows_its_groups_and_does_the_same_the_second_time(doors_model: Path, tmp_path: Path) -> None:
    for name in ("one", "two"):
        train(recipe(doors_model), run_dir=tmp_path / name, say=lambda _: None)
    assert recorded(tmp_path / "one") == recorded(tmp_path / "two")
    row = next(row for row in read_metrics(tmp_path / "one") if row["event"] == "iteration")
    assert row["branch/num"] + row["branch/anew"] == 9
    assert row["branch/num"] > 0
    assert row["train/mismatch_kl"] < 1e-6
    assert row["fault/episodes"] == 0
    with StoreReader(tmp_path / "one") as reader:
        episodes = {one.id: one for one in reader.whole_episodes(split="train")}
    branches = [one for one in episodes.values() if one.parent is not None]
    assert len(episodes) == 18
    for one in branches:
        assert one.parent is not None
        parent = episodes[one.parent.episode_id]
        assert one.steps[: one.parent.t] == parent.steps[: one.parent.t]
        assert (one.group_id, one.goal) == (parent.group_id, parent.goal)


def test_a_group_without_room_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="leaves no room for a branch"):
        recipe(tmp_path, group_size=8)
