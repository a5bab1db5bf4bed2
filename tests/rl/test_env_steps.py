"""A training may be limited by the environment steps it takes, and its schedules follow."""

from __future__ import annotations

from pathlib import Path

from clickwright.rl import train
from clickwright.rl.metrics import read_metrics
from clickwright.rl.moment import Moment
from tests.rl.recipes import doors_recipe


def test_it_ends_with_the_iteration_that_reaches_the_limit(doors_model: Path, tmp_path: Path) -> None:
    recipe = doors_recipe(
        doors_model,
        train={"max_iterations": 50, "max_env_steps": 150, "groups": 4, "group_size": 4, "schedule": "linear"},
        evaluate={"episodes_per_task": 2},
    )
    result = train(recipe, run_dir=tmp_path, say=lambda text: None)

    rows = [row for row in read_metrics(tmp_path) if row["event"] == "iteration"]
    totals = [row["rollout/total_steps"] for row in rows]
    assert 1 < result.num_iterations == len(rows) < 50
    assert totals[-2] < 150 <= totals[-1]
    each = [16 * row["rollout/episode_steps"] for row in rows]
    assert [round(sum(each[: place + 1])) for place in range(len(each))] == totals
    rates = [row["train/lr"] for row in rows if "train/lr" in row]
    assert rates[-1] < 0.5 * rates[0]  # by the count of iterations it would hardly have fallen


def test_progress_is_what_is_further() -> None:
    def moment(iteration: int, spent: float) -> Moment:
        return Moment(
            iteration=iteration, max_iterations=10, version=0, seed=0, tasks=("a",), num_groups=1, group_size=2,
            spent=spent,
        )  # fmt: skip

    assert [moment(5, 0.0).progress, moment(5, 0.2).progress, moment(1, 0.9).progress] == [0.5, 0.5, 0.9]
