"""Replay in a whole run: killed and taken up, it has the numbers, the weights and the buffer it would have had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from clickwright.rl import checkpoint, train
from clickwright.rl.policy_identity import policy_identity
from clickwright.rl.recipe import Recipe
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from tests.rl import doors
from tests.rl.models import tiny_model
from tests.rl.recipes import doors_recipe
from tests.rl.test_checkpoint import ROOT, numbers, silent

ALWAYS = {"name": "arpo_replay", "max_std": 1.0, "max_mean": 2.0, "max_age": 3, "size": 5}
"""Every group counts as poor, so that every iteration replays."""


def replaying(model: Path) -> Recipe:
    """Five iterations, a checkpoint after every second."""
    return doors_recipe(
        model,
        rollout={"deterministic": True},
        train={
            "max_iterations": 5,
            "groups": 2,
            "group_size": 6,
            "group_editors": [ALWAYS],
            "off_policy": {"correction": "truncated"},
        },
        evaluate={"episodes_per_task": 2},
        checkpoint={"every": 2},
    )


def buffer_of(run: Path) -> dict[str, Any]:
    """The buffer of a run's last checkpoint; sessions name the same episode differently."""
    path = checkpoint.find(run)
    assert path is not None
    state = json.dumps(checkpoint.verify(path)["state"]["plugins"]["group editor/0"])
    found: dict[str, Any] = json.loads(state.replace("train.r1-", "train-"))
    return found


def test_a_killed_run_goes_on_with_the_buffer_it_would_have_had(doors_model: Path, tmp_path: Path) -> None:
    recipe = replaying(doors_model)
    whole = train(recipe, run_dir=tmp_path / "whole", say=silent)

    file = tmp_path / "recipe.json"
    file.write_text(recipe.model_dump_json())
    killed = tmp_path / "killed"
    command = [sys.executable, "-m", "tests.rl.killed_run", str(file), str(killed), "125"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert process.returncode == -signal.SIGKILL, process.stderr
    done = max(numbers(killed))
    taken_up = checkpoint.find(killed)
    assert taken_up is not None
    # One iteration was done after the checkpoint: its episodes are in the store, and in no buffer.
    assert (done, taken_up.name) == (3, "iter-000002")

    resumed = train(recipe, run_dir=killed, resume=True, say=silent)

    values = numbers(killed)
    assert values == numbers(tmp_path / "whole")
    assert values[1]["replay/share"] == 0
    assert all(values[number]["replay/share"] > 0 for number in (2, 3, 4, 5))
    assert values[2]["replay/age"] == values[2]["train/off_policy_age"] == 1
    assert 0 < values[5]["train/off_policy_weight"] <= 2
    assert buffer_of(killed) == buffer_of(tmp_path / "whole")
    assert len(buffer_of(killed)["buffer"][doors.DOORS_ID]) > 1
    expected, found = (load_file(str(run.model_dir / "model.safetensors")) for run in (whole, resumed))
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_credit_of_what_is_replayed_is_kept_beside_its_first_credit(doors_model: Path, tmp_path: Path) -> None:
    recipe = replaying(doors_model)
    train(recipe, run_dir=tmp_path, say=silent)
    layers = Layers(tmp_path)
    known = {(layer.name, layer.version) for layer in layers.list()}
    replayed = {version for name, version in known if name == "advantage.replayed"}
    assert ("advantage", 1) in known
    assert replayed <= {2, 3, 4, 5}
    assert replayed
    with StoreReader(tmp_path) as reader:
        for version in replayed:
            for episode_id, _ in layers.read("advantage.replayed", version):
                assert reader.episode(episode_id).success
                assert reader.head(episode_id).episode.iteration < version - 1


def test_a_scorer_judges_what_is_replayed_and_keeps_what_it_said_first(doors_model: Path, tmp_path: Path) -> None:
    term = {"scorer": {"name": "progress"}, "weight": 0.5, "form": {"name": "potential"}}
    section = {
        "max_iterations": 3, "groups": 2, "group_size": 6, "group_editors": [{**ALWAYS, "slot": "append"}],
        "rewards": [term],
    }  # fmt: skip
    train(doors_recipe(doors_model, train=section, evaluate={"episodes_per_task": 1}), run_dir=tmp_path, say=silent)
    assert sum(row["replay/episodes"] for row in numbers(tmp_path).values()) > 0
    mixed = Layers(tmp_path).read("reward.mixed", 1)
    with StoreReader(tmp_path) as reader:
        episodes = list(reader.whole_episodes(split="train"))
    assert mixed.keys() == {(episode.id, step.t) for episode in episodes for step in episode.steps}


def test_an_identity_is_of_shapes_and_words_not_of_weights() -> None:
    class Words:
        def __init__(self, *words: str) -> None:
            self.words = words

        def get_vocab(self) -> dict[str, int]:
            return {word: number for number, word in enumerate(self.words)}

    here = policy_identity(tiny_model(), Words("a", "b"))
    assert here == policy_identity(tiny_model(seed=7), Words("a", "b"))
    assert here != policy_identity(tiny_model(width=16), Words("a", "b"))
    assert here != policy_identity(tiny_model(), Words("b", "a"))
    assert here.startswith("Qwen2ForCausalLM ")
