"""Training on turns of several actions, and in another language than our own."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from clickwright.agents.agent import LanguageAgent
from clickwright.agents.constrain import TokenGuide
from clickwright.agents.episode import run_episode
from clickwright.agents.folder import load_agent
from clickwright.agents.policy import Sampling
from clickwright.agents.transformers_policy import TransformersPolicy
from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.advantages import ESTIMATORS, Group, columns
from clickwright.rl.batching import Row, micro_batches, score
from clickwright.rl.losses import LOSSES
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.rows import rows_of
from clickwright.rl.update import UpdatePlan, update
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.recorder import Recorder
from clickwright.trajectories.records import Episode
from clickwright.trajectories.store import StoreWriter
from tests.agents.helpers import byte_tokenizer, small_qwen2
from tests.envs.counter_env import lights_env
from tests.rl.recipes import doors_recipe


def silent(text: str) -> None:
    """Say nothing."""


def play_pairs(count: int, store: Path) -> tuple[torch.nn.Module, list[Episode]]:
    """Episodes, as they were stored, of a random model that presses two keys in every answer."""
    tokenizer, press, model = byte_tokenizer(), '"keyboard_press(\'" [1-5] "\')"', small_qwen2(context=1024)
    guide = TokenGuide.of(tokenizer, f'root ::= [a-z]{{0,3}} "</think>" {press} "\\n" {press}')
    policy = TransformersPolicy(model, tokenizer, guide=guide)
    agent = LanguageAgent(policy, codec="browsergym", sampling=Sampling(max_new_tokens=80), max_actions=2)

    async def group(recorder: Recorder) -> list[Episode]:
        return await asyncio.gather(
            *(run_episode(lights_env(max_steps=6), agent, seed=3, member=n, recorder=recorder) for n in range(count))
        )

    with StoreWriter(store) as writer:
        ids = [episode.id for episode in asyncio.run(group(Recorder(writer)))]
    with StoreReader(store) as reader:
        episodes = [reader.episode(one) for one in ids]
    policy.close()
    return model, episodes


def scored(model: torch.nn.Module, rows: Sequence[Row]) -> float:
    return sum(float(score(model, batch)[0].sum().detach()) for batch in micro_batches(rows, max_tokens=2_000))


def test_turns_of_two_actions_train_and_their_log_probabilities_agree(tmp_path: Path) -> None:
    model, episodes = play_pairs(6, tmp_path)
    lone = [replace(episode.steps[-1], reward=float(place)) for place, episode in enumerate(episodes)]
    episodes = [
        replace(episode, steps=(*episode.steps[:-1], last)) for episode, last in zip(episodes, lone, strict=True)
    ]
    for first, second in ((episode.steps[0], episode.steps[1]) for episode in episodes):
        assert second.prompt_ids == first.prompt_ids + first.completion_ids
        whole = Row(prompt_ids=first.prompt_ids, completion_ids=first.completion_ids + second.completion_ids)
        parts = [Row(prompt_ids=step.prompt_ids, completion_ids=step.completion_ids) for step in (first, second)]
        assert scored(model, [whole]) == pytest.approx(scored(model, parts), rel=1e-5)
    group = Group(id="g", task="lights", seed=3, episodes=tuple(episodes))
    for name in ("grpo", "gigpo"):
        rows = rows_of([group], ESTIMATORS.build(name).advantages(columns([group])))
        assert len(rows) == sum(len(episode.steps) for episode in episodes)
        assert len({row.advantage for row in rows}) > 1
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    plan = UpdatePlan(num_minibatches=2)
    metrics = update(model, optimizer, rows, LOSSES.build("ppo"), plan=plan, rng=np.random.default_rng(0))
    assert all(math.isfinite(value) for value in metrics.values())
    assert metrics["grad_norm"] > 0


def test_a_warm_start_teaches_the_dialect_that_evaluation_reads(doors_model: Path, tmp_path: Path) -> None:
    recipe = doors_recipe(
        doors_model,
        train=None,
        agent={"codec": "browsergym", "max_actions": 2},
        rollout={"max_new_tokens": 24, "max_prompt_tokens": 140, "history": 1},
        warm_start={"episodes_per_task": 60, "epochs": 12, "batch_rows": 16, "label_refs": True},
    )
    result = train(recipe, run_dir=tmp_path, say=silent)
    assert result.success >= 0.9
    with StoreReader(tmp_path) as reader:
        demos, evals = (list(reader.whole_episodes(split=split)) for split in ("demo", "eval"))
    assert all(step.raw.startswith('click "') for episode in demos for step in episode.steps)
    said = [step.raw for episode in evals for step in episode.steps]
    assert sum(raw in ("click('1')", "click('2')", "click('3')") for raw in said) >= 0.9 * len(said)
    settings = json.loads((tmp_path / "models" / "final" / "agent.json").read_text())
    assert (settings["codec"], settings["max_actions"]) == ("browsergym", 2)
    agent = load_agent(tmp_path)
    assert (agent.codec.name, agent.max_actions) == ("browsergym", 2)


def test_a_language_that_a_run_cannot_use_is_refused(doors_model: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean browsergym"):
        load_recipe("quickstart", {"agent.codec": "browsergim"})
    with pytest.raises(ConfigError, match=r"agent\.codec.*qwen3_mobile points at places of an image"):
        load_recipe("quickstart", {"agent.codec": "qwen3_mobile"})
    with pytest.raises(ConfigError, match=r"agent\.max_actions"):
        load_recipe("quickstart", {"agent.max_actions": 9})
    recipe = doors_recipe(doors_model, train=None, warm_start={"episodes_per_task": 2}, agent={"codec": "search_r1"})
    with pytest.raises(ConfigError, match=r"cannot be said in agent\.codec='search_r1'"):
        train(recipe, run_dir=tmp_path / "run", say=silent)
