"""The critic: values before they have seen their return, features of the right tokens, the same after a resume."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from clickwright.rl import train
from clickwright.rl.advantages.columns import Group, Need, columns
from clickwright.rl.critic import Critic, token_features
from clickwright.rl.critic_section import CriticSection
from clickwright.rl.metrics import read_metrics
from clickwright.rl.models import load_model
from clickwright.rl.run_sections import Model
from clickwright.trajectories.records import Episode, Status, Step
from tests.rl.recipes import doors_recipe


def silent(text: str) -> None:
    """Say nothing."""


def episode(number: int, *, prompts: list[tuple[int, ...]], rewards: list[float]) -> Episode:
    steps = tuple(
        Step(t=t, state_key=str(prompt), prompt_ids=prompt, completion_ids=(7, 8), logprobs=(-1.0, -1.0), reward=reward)
        for t, (prompt, reward) in enumerate(zip(prompts, rewards, strict=True))
    )
    return Episode(
        id=str(number), env_id="e", task="t", seed=0, goal="", status=Status.TERMINATED, steps=steps,
    )  # fmt: skip


def group(*episodes: Episode) -> Group:
    return Group(id="g", task="t", seed=0, episodes=episodes)


NEEDS = frozenset({Need.TOKENS})


def test_values_come_before_what_they_are_fitted_to() -> None:
    groups = [group(*(episode(n, prompts=[(1,), (2,)], rewards=[0.0, float(n % 2)]) for n in range(4)))]
    critic = Critic(CriticSection(), width=5, seed=0)
    data = critic.valued(columns(groups, needs=NEEDS), torch.randn(16, 5))
    assert data.value is not None
    assert data.value.tolist() == [0.0] * 8


def test_it_learns_what_a_state_is_worth() -> None:
    """Two states, told apart by the features; the second turn earns 1 in one and 0 in the other."""
    good, bad = torch.tensor([1.0, -1.0, 0.5]), torch.tensor([-1.0, 1.0, 0.5])
    groups = [
        group(
            episode(0, prompts=[(1,), (2,)], rewards=[0.0, 1.0]),
            episode(1, prompts=[(3,), (4,)], rewards=[0.0, 0.0]),
        )
    ]
    features = torch.stack([good] * 4 + [bad] * 4)
    critic = Critic(CriticSection(lr=1e-2, epochs=200), width=3, seed=0)
    data = critic.valued(columns(groups, needs=NEEDS), features)
    first = critic.fit(data, features, gamma_turn=0.5, seed=0)
    assert first["critic/error"] == pytest.approx((0.25 + 0.25 + 1 + 1) / 8)
    assert first["critic/explained"] == pytest.approx(0.0)
    after = critic.valued(data, features)
    assert after.value is not None
    # The best a critic can say that cannot tell the turns of one episode apart: the mean of 0.5 and 1.
    assert after.value == pytest.approx([0.75, 0.75, 0.0, 0.0], abs=0.02)
    assert critic.fit(after, features, gamma_turn=0.5, seed=1)["critic/explained"] > 0.8


def test_features_are_those_before_each_token_under_any_split(doors_model: Path) -> None:
    model, _ = load_model(Model(source=str(doors_model), threads=1))
    groups = [
        group(
            episode(0, prompts=[(5, 6, 7), (5,)], rewards=[0.0, 1.0]),
            episode(1, prompts=[(9, 9, 9, 9, 9)], rewards=[0.0]),
        )
    ]
    found = token_features(model, groups, micro_tokens=4096)
    alone = token_features(model, groups, micro_tokens=1)
    torch.testing.assert_close(found, alone, rtol=1e-5, atol=1e-6)
    with torch.inference_mode():
        hidden = model(input_ids=torch.tensor([[5, 6, 7, 7]]), output_hidden_states=True).hidden_states[-1][0]
    torch.testing.assert_close(found[:2], hidden[2:4].float(), rtol=1e-5, atol=1e-6)


def test_what_a_script_did_has_no_features(doors_model: Path) -> None:
    model, _ = load_model(Model(source=str(doors_model), threads=1))
    scripted = Episode(
        id="s", env_id="e", task="t", seed=0, goal="", status=Status.TERMINATED, steps=(Step(t=0, state_key="a"),)
    )
    groups = [group(scripted, episode(1, prompts=[(5,)], rewards=[1.0]))]
    assert token_features(model, groups, micro_tokens=64).shape == (2, model.config.hidden_size)
    assert token_features(model, [group(scripted)], micro_tokens=64).shape == (0, model.config.hidden_size)


def test_weights_and_moments_come_back(tmp_path: Path) -> None:
    def fitted(critic: Critic) -> np.ndarray:
        data = critic.valued(columns(groups, needs=NEEDS), features)
        critic.fit(data, features, gamma_turn=1.0, seed=3)
        value = critic.valued(data, features).value
        assert value is not None
        return value

    groups = [group(episode(0, prompts=[(1,)], rewards=[1.0]), episode(1, prompts=[(2,)], rewards=[0.0]))]
    features = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    one = Critic(CriticSection(), width=3, seed=0)
    fitted(one)
    other = Critic(CriticSection(), width=3, seed=1)
    other.restore(one.tensors())
    assert fitted(other).tolist() == fitted(one).tolist()


def test_a_training_with_a_critic_and_its_resume(doors_model: Path, tmp_path: Path) -> None:
    sections = {
        "rollout": {"deterministic": True},
        "train": {"algorithm": {"name": "turn_gae", "critic": "given"}, "critic": {"lr": 1e-2}, "max_iterations": 4},
        "checkpoint": {"every": 2},
    }
    recipe = doors_recipe(doors_model, **sections)
    train(recipe, run_dir=tmp_path / "whole", say=silent)
    rows = [row for row in read_metrics(tmp_path / "whole") if row["event"] == "iteration"]
    errors = [row["advantage/critic/error"] for row in rows]
    assert len(errors) == 4
    assert errors[-1] < errors[0]
    train(recipe, run_dir=tmp_path / "whole", resume="iter-000002", say=silent)
    again = [row for row in read_metrics(tmp_path / "whole") if row["event"] == "iteration"]
    assert [row["advantage/critic/error"] for row in again[-2:]] == errors[2:]
