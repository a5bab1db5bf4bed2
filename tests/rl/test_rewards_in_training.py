"""Reward terms at work in a training: their weights move, what they say is kept and logged, and tokens are masked."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from clickwright.rl import train
from clickwright.rl.batching import Row, micro_batches
from clickwright.rl.metrics import read_metrics
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode
from tests.rl.recipes import doors_recipe


def test_two_terms_of_which_one_fades_and_the_environments_reward_comes_in(doors_model: Path, tmp_path: Path) -> None:
    fading = {"schedule": "linear", "start": 1.0, "end": 0.0, "iterations": 2}
    rising = {"schedule": "steps", "values": [[0, 0.0], [1, 1.0]]}
    terms = [
        {"scorer": {"name": "subgoals"}, "weight": fading},
        {"scorer": {"name": "efficiency", "shape": "relative"}, "weight": 0.25},
    ]
    recipe = doors_recipe(doors_model, train={"max_iterations": 2, "rewards": terms, "own_weight": rising})
    run = tmp_path / "run"
    train(recipe, run_dir=run, say=lambda text: None)
    layers = Layers(run)
    subgoals, efficiency, mixed = (layers.read(name, 1) for name in ("subgoals", "efficiency", "reward.mixed"))
    with StoreReader(run) as reader:
        episodes = list(reader.whole_episodes(split="train"))
    for one in episodes:
        assert not one.success or subgoals[one.id, None] == 1.0, "a success goes where the oracle goes"
        own, weight = float(one.iteration), 1.0 - one.iteration / 2
        extra = weight * float(subgoals[one.id, None]) + 0.25 * float(efficiency[one.id, None])
        for step in one.steps:
            expected = own * step.reward + (extra if step is one.steps[-1] else 0.0)
            assert mixed[one.id, step.t] == pytest.approx(expected)
    rows = [row for row in read_metrics(run) if row["event"] == "iteration"]
    assert [row["reward/subgoals_weight"] for row in rows] == [1.0, 0.5]
    for row in rows:
        assert 0.0 < row["reward/subgoals_value"] <= 1.0
        assert row["reward/subgoals_invalid"] == row["reward/efficiency_missing"] == 0.0
        assert row["reward/efficiency.cost_value"] > 0.0


def test_what_a_search_brought_is_never_trained() -> None:
    """Search-R1's fixture: said 11 12, came back 21 22 23, said 13: of the six, the first two and the last count."""
    question, said, came_back, answered = (1, 2), (11, 12), (21, 22, 23), (13,)
    rows = [
        Row(prompt_ids=question, completion_ids=said),
        Row(prompt_ids=question + said + came_back, completion_ids=answered),
    ]
    (batch,) = micro_batches(rows, max_tokens=100)
    assert batch.targets[batch.tokens.argsort()].tolist() == [11, 12, 13]
    predicted = {(int(batch.line[one]), int(batch.keep[batch.column[one]]) + 1) for one in batch.predictor}
    longest = max(range(len(rows)), key=lambda number: rows[number].num_inputs)
    whole = rows[longest].prompt_ids + rows[longest].completion_ids
    assert batch.input_ids.shape[0] == 2
    places = {place for _, place in predicted}
    assert [int(place in places) for place in range(len(question), len(whole))] == [1, 1, 0, 0, 0, 1]


def test_a_scorer_counts_as_far_as_it_is_trusted(doors_model: Path, tmp_path: Path) -> None:
    """Its weight is 0, so that only the editor adds what it says: 0.3 of it in the first iteration, times the trust."""
    term = {"scorer": {"name": "progress"}, "weight": 0.0}
    section = {"max_iterations": 1, "rewards": [term], "editors": [{"name": "trust", "part": "progress"}]}
    train(doors_recipe(doors_model, train=section), run_dir=tmp_path / "run", say=lambda text: None)
    layers = Layers(tmp_path / "run")
    said, credited = layers.read("progress", 1), layers.read("advantage.reward", 1)
    groups: dict[str, list[Episode]] = {}
    with StoreReader(tmp_path / "run") as reader:
        for episode in reader.whole_episodes(split="train"):
            groups.setdefault(episode.group_id, []).append(episode)
    judged = {
        one.id: max([float(said[one.id, step.t]) for step in one.steps if (one.id, step.t) in said], default=0.0)
        for members in groups.values() for one in members
    }  # fmt: skip
    num_mixed = 0
    for members in groups.values():
        sides = [[judged[one.id] for one in members if one.success is right] for right in (True, False)]
        if not all(sides):
            continue
        num_mixed += 1
        right, wrong = (sum(side) / len(side) for side in sides)
        for one in members:
            last = one.steps[-1]
            expected = last.reward + 0.3 * math.exp(min(right - wrong, 0.0)) * judged[one.id]
            assert credited[one.id, last.t] == pytest.approx(expected)
            assert all(credited[one.id, step.t] == step.reward for step in one.steps[:-1])
    assert num_mixed > 3
