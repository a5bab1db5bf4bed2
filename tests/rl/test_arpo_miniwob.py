"""The recipe ``arpo-miniwob``, short: killed in the middle of an iteration, taken up, and equal to one that was not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from clickwright.cli import main
from clickwright.rl import checkpoint
from clickwright.rl.recipe_file import load_recipe
from tests.rl.test_checkpoint import ROOT, numbers
from tests.rl.test_replay_run import buffer_of

SHORT = {
    "env.tasks": '["clickwright/miniwob.click-button-v0", "clickwright/miniwob.click-option-v0"]',
    "rollout.deterministic": "true",
    "rollout.num_envs": "4",
    "warm_start.episodes_per_task": "4",
    "train.groups": "2",
    "train.group_size": "4",
    "train.max_iterations": "3",
    # So that every group counts as poor.
    "train.group_editors": '[{ name = "arpo_replay", max_std = 1.0, max_mean = 2.0, max_age = 20 }]',
    "checkpoint.every": "1",
    "evaluate.episodes_per_task": "1",
    "evaluate.base": "false",
    "record.tensorboard": "false",
    "record.frames": "none",
}


def test_the_recipe_replays_and_corrects() -> None:
    recipe = load_recipe("arpo-miniwob")
    assert recipe.train is not None
    assert [table["name"] for table in recipe.train.group_editors] == ["arpo_replay"]
    assert recipe.train.off_policy.correction == "truncated"
    assert recipe.train.algorithm["name"] == "grpo"


@pytest.mark.browser
@pytest.mark.slow
def test_killed_in_mid_run_and_resumed_it_is_the_run_it_would_have_been(tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    settings = [word for key, value in SHORT.items() for word in ("--set", f"{key}={value}")]
    assert main(["train", "arpo-miniwob", "--run", str(whole), *settings]) == 0

    # The second iteration after a checkpoint: some of its episodes are recorded, some are not.
    command = [sys.executable, "-m", "tests.rl.killed_training", "train-0002-01-2"]
    arguments = ["train", "arpo-miniwob", "--run", str(killed), *settings]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run([*command, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    taken_up = checkpoint.find(killed)
    assert taken_up is not None
    assert taken_up.name == "iter-000002"

    assert main([*arguments, "--resume"]) == 0
    values = numbers(killed)
    assert values == numbers(whole)
    assert sum(row["replay/episodes"] for row in values.values()) > 0
    assert buffer_of(killed) == buffer_of(whole)
    expected, found = (load_file(str(run / "models/final/model.safetensors")) for run in (whole, killed))
    assert all(torch.equal(expected[name], found[name]) for name in expected)
