"""Samplers and group editors in the trainer itself, on a real environment and a real model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.metrics import read_metrics
from clickwright.trajectories.reader import StoreReader
from tests.rl.recipes import doors_recipe

SMALL = {"groups": 4, "group_size": 6, "minibatches": 1}


def iterations(run_dir: Path) -> list[dict[str, Any]]:
    return [row for row in read_metrics(run_dir) if row["event"] == "iteration"]


def test_horizon_budget_retries_and_selection_work_together(doors_model: Path, tmp_path: Path) -> None:
    recipe = doors_recipe(
        doors_model,
        env={"invalid_penalty": 0.0},
        train=SMALL
        | {
            "max_iterations": 2,
            "sampler": {"name": "scaling_inter", "rounds": [1, 4], "every": 1, "of": {"name": "gvm"}},
            "group_editors": [{"name": "dynamic_sampling", "max_tries": 2}, {"name": "pods", "keep": 4}],
        },
        evaluate={"episodes_per_task": 1},
    )
    recipe.check()
    said: list[str] = []
    train(recipe, run_dir=tmp_path, say=said.append)
    first, second = iterations(tmp_path)
    # The way out takes two steps: with a horizon of one nobody finds it, nothing differs, and the second try is as bad.
    assert first["sampler/horizon"] == 1
    assert first["rollout/episode_steps"] == 1
    assert first["dynamic_sampling/tries"] == 2
    assert first["dynamic_sampling/short"] == 4
    assert first["train/rows"] == 0
    assert any("0 of 4 groups differ after 2 of at most 2 tries; the last try kept 0 of 4" in line for line in said)
    assert second["sampler/horizon"] == 4
    assert second["rollout/episode_steps"] > 1
    assert 0 < second["pods/kept_share"] < 1
    assert second["pods/variance_after"] >= second["pods/variance_before"] > 0
    assert second["train/rows"] > 0
    with StoreReader(tmp_path) as reader:
        sizes = Counter(head.episode.group_id for head in reader.episodes(split="train", iteration=0))
    assert sum(sizes.values()) == 2 * 4 * 6
    assert len(sizes) == 8


def test_replayed_groups_come_out_of_the_store_and_survive_a_resume(doors_model: Path, tmp_path: Path) -> None:
    recipe = doors_recipe(
        doors_model,
        env={"invalid_penalty": 0.0},
        rollout={"deterministic": True},
        train=SMALL
        | {
            "group_size": 2,
            "max_iterations": 4,
            "sampler": {"name": "adastar"},
            "group_editors": [{"name": "ssr", "fill": 1.0}],
        },
        evaluate={"episodes_per_task": 1},
        checkpoint={"every": 1, "keep": 9},
    )
    train(recipe, run_dir=tmp_path, say=lambda _: None)
    before = {row["iteration"]: row for row in iterations(tmp_path)}
    assert sum(row["ssr/replayed"] for row in before.values()) > 0
    train(recipe, run_dir=tmp_path, resume="iter-000002", say=lambda _: None)
    after = {row["iteration"]: row for row in iterations(tmp_path)[-2:]}
    assert sorted(after) == [3, 4]
    for number, row in after.items():
        for name in ("train/loss", "train/rows", "train/grad_norm", "rollout/success", "ssr/replayed", "ssr/age"):
            assert row[name] == pytest.approx(before[number][name], rel=1e-9, abs=1e-12), (number, name)


def test_a_sampler_without_its_profile_stops_a_run_before_it_starts(doors_model: Path, tmp_path: Path) -> None:
    settings = {"sampler": {"name": "u_shape"}, "pass_rates": str(tmp_path / "rates.json")}
    recipe = doors_recipe(doors_model, train=SMALL | settings)
    with pytest.raises(ConfigError, match="there is no profile"):
        train(recipe, run_dir=tmp_path / "run", say=lambda _: None)
    assert not (tmp_path / "run").exists()
