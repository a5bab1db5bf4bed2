"""UFT: the schedule to the number, the oracle's steps in the episodes, and likelihood rows in the update."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.guides import AIDED, GUIDES
from clickwright.rl.guides.expert_prefix import ExpertPrefix, chance, prefix_steps
from clickwright.rl.metrics import read_metrics
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.recipe import Recipe
from clickwright.rl.runner import Job
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Status, Step
from tests.rl import corridor
from tests.rl.corridor import CORRIDOR_ID, LOST_ID
from tests.rl.recipes import doors_recipe

corridor.register()
PLAN = GroupPlan(task=CORRIDOR_ID, seed=7, size=3)


def moment(iteration: int, max_iterations: int = 500) -> Moment:
    return Moment(
        iteration=iteration, max_iterations=max_iterations, version=0, seed=0, tasks=(CORRIDOR_ID,), num_groups=1,
        group_size=3,
    )  # fmt: skip


def job(member: int) -> Job:
    return Job(
        env_id=CORRIDOR_ID, seed=7, split="train", stream=f"s{member}", episode_id=f"e{member}", recorded_as="train"
    )


def solution(length: int, *, success: bool = True) -> Episode:
    steps = tuple(Step(t=t, state_key=str(t)) for t in range(length))
    return Episode(
        id="x", env_id=CORRIDOR_ID, task="t", seed=7, goal="g", steps=steps, status=Status.TERMINATED, success=success
    )


def prefix(**options: Any) -> ExpertPrefix:
    return ExpertPrefix(ExpertPrefix.Options(**options))


def taken(guide: ExpertPrefix, at: Moment, length: int, *, success: bool = True) -> int:
    """Steps that a group's members are given."""
    if guide.wants_expert(PLAN, at):
        guide.watch(PLAN, solution(length, success=success))
    jobs = guide.guide([job(member) for member in range(3)], PLAN, at)
    (given,) = {one.meta.get(AIDED, 0) for one in jobs}
    assert all((one.wrap is not None) == (given > 0) for one in jobs)
    return int(given)


def test_the_schedule_is_the_cosine_of_the_paper() -> None:
    # p(t) = 0.05 + 0.45 (1 + cos(pi t / 300)), by hand at 0, 75, 150, 225 and 300 of 300.
    found = [chance(t / 300) for t in (0, 75, 150, 225, 300)]
    root = math.sqrt(0.5)
    assert found == pytest.approx([0.95, 0.05 + 0.45 * (1 + root), 0.5, 0.05 + 0.45 * (1 - root), 0.05])


def test_slices_are_nearly_equal_and_the_last_step_stays() -> None:
    assert [prefix_steps(n, slices=5, length=10) for n in range(6)] == [0, 2, 4, 6, 8, 9]
    assert [prefix_steps(n, slices=3, length=3) for n in range(4)] == [0, 1, 2, 2]
    assert prefix_steps(1, slices=1, length=1) == 0


def test_the_mean_number_of_slices_follows_the_schedule() -> None:
    # 11 slices of one step, the last of which is never taken: E min(n, 10) = 11 p - p**11, T_hint = 300 of 500.
    for iteration, expected in ((0, 10.45 - 0.95**11), (150, 5.5 - 0.5**11), (299, 0.55)):
        counts = [
            taken(prefix(slices=11), Moment(iteration=iteration, max_iterations=500, version=0, seed=seed,
                  tasks=(CORRIDOR_ID,), num_groups=1, group_size=3), 11)
            for seed in range(300)
        ]  # fmt: skip
        assert sum(counts) / 300 == pytest.approx(expected, abs=0.3)
        assert max(counts) <= 10


def test_after_the_hint_stage_nothing_is_shown_and_no_oracle_is_asked() -> None:
    guide = prefix()
    assert not guide.wants_expert(PLAN, moment(300))
    assert taken(guide, moment(300), 5) == 0
    assert guide.wants_expert(PLAN, moment(299))


def test_the_baselines() -> None:
    assert [taken(prefix(schedule="stage"), moment(t), 10) for t in (0, 150, 240, 299)] == [9, 4, 2, 0]
    uniform = {
        taken(prefix(schedule="uniform"), Moment(iteration=1, max_iterations=9, version=0, seed=seed,
              tasks=(CORRIDOR_ID,), num_groups=1, group_size=3), 10)
        for seed in range(60)
    }  # fmt: skip
    assert uniform == {0, 2, 4, 6, 8, 9}


def test_the_same_iteration_gives_the_same_and_another_may_not() -> None:
    first = [taken(prefix(), moment(t), 10) for t in range(100, 130)]
    assert first == [taken(prefix(), moment(t), 10) for t in range(100, 130)]
    assert len(set(first)) > 2


def test_a_shorter_horizon_still_leaves_the_policy_a_step() -> None:
    guide, short = prefix(), GroupPlan(task=CORRIDOR_ID, seed=7, size=3, max_steps=2)
    guide.wants_expert(short, moment(0))
    guide.watch(short, solution(10))
    assert [one.meta.get(AIDED) for one in guide.guide([job(0)], short, moment(0))] == [1]


@pytest.mark.parametrize(("length", "success"), [(0, False), (1, True), (5, False)])
def test_no_hint_where_there_is_no_solution_or_nothing_would_be_left(length: int, success: bool) -> None:
    assert taken(prefix(), moment(0), length, success=success) == 0


UFT = {"guides": [{"name": "expert_prefix", "label_refs": False}], "loss": {"name": "uft"}}


def recipe(model: Path, **settings: Any) -> Recipe:
    made = doors_recipe(
        model,
        tasks=settings.pop("tasks", (CORRIDOR_ID,)),
        rollout={"num_envs": 8, "deterministic": True},
        train={"groups": 3, "group_size": 4, "max_iterations": 2, "minibatches": 1} | UFT | settings,
        evaluate={"episodes_per_task": 1},
    )
    made.check()
    return made


def test_the_oracle_begins_every_member_and_its_steps_are_imitated_and_not_credited(
    doors_model: Path, tmp_path: Path
) -> None:
    train(recipe(doors_model), run_dir=tmp_path, say=lambda _: None)
    first = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    with StoreReader(tmp_path) as reader:
        episodes = [one for one in reader.whole_episodes(split="train") if one.iteration == 0]
        experts = [one for one in reader.whole_episodes(split="demo") if one.iteration == 0]
        credited = Layers(reader.path).read("advantage", 1)
    assert len(experts) == 3
    assert all(one.success and len(one.steps) == 5 for one in experts)
    by_group: dict[str, list[Episode]] = {}
    for one in episodes:
        by_group.setdefault(one.group_id, []).append(one)
    hints = []
    for members in by_group.values():
        (given,) = {one.meta.get(AIDED, 0) for one in members}
        hints.append(given)
        for one in members:
            assert [step.trainable for step in one.steps] == [t >= given for t in range(len(one.steps))]
            assert all(credited.get((one.id, t), 0.0) == 0.0 for t in range(given))
    # p(0) = 0.95 of 5 slices of a step: nearly everything is shown at first, and the last step never.
    assert max(hints) == 4
    assert (first["guide/expert_rows"], first["guide/expert_unsayable"]) == (sum(hints), 0)
    assert first["guide/expert_steps"] == 15
    assert first["guide/expert_share"] == pytest.approx(sum(hints) / 15)
    assert first["train/demonstration_nll"] > 0
    # What nobody sampled says nothing of how far sampler and trainer are apart.
    assert first["train/mismatch_kl"] < 1e-6


def test_without_likelihood_the_hint_is_played_and_not_imitated(doors_model: Path, tmp_path: Path) -> None:
    settings = {"guides": [{"name": "expert_prefix", "likelihood": False}], "loss": {"name": "ppo"}}
    train(recipe(doors_model, **settings), run_dir=tmp_path, say=lambda _: None)
    row = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    assert row["guide/expert_share"] > 0.3
    assert row["guide/expert_rows"] == 0
    assert "train/demonstration_nll" not in row


def test_an_oracle_that_does_not_solve_it_gives_no_hint(doors_model: Path, tmp_path: Path) -> None:
    train(recipe(doors_model, tasks=(LOST_ID,)), run_dir=tmp_path, say=lambda _: None)
    row = next(row for row in read_metrics(tmp_path) if row["event"] == "iteration")
    assert (row["guide/expert_share"], row["guide/expert_rows"]) == (0.0, 0)
    with StoreReader(tmp_path) as reader:
        assert all(step.trainable for one in reader.whole_episodes(split="train") for step in one.steps)


def test_one_without_the_other_is_refused(doors_model: Path) -> None:
    with pytest.raises(ConfigError, match=r"has no use for any: take \{name = \"uft\"\}"):
        recipe(doors_model, loss={"name": "ppo"})
    with pytest.raises(ConfigError, match="nothing gives any"):
        recipe(doors_model, guides=[])
    with pytest.raises(ConfigError, match="nothing gives any"):
        recipe(doors_model, guides=[{"name": "expert_prefix", "likelihood": False}])
    with pytest.raises(ConfigError):
        GUIDES.build("expert_prefix", {"until": 0.0})
