"""From what people say about a recorded run to a policy that is better for it: a real environment, a real model."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError
from clickwright.rl import train
from clickwright.rl.metrics import read_metrics
from clickwright.rl.rewards.commands import score
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.annotations.apply import apply_annotations
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from tests.rl.doors import DOORS_ID
from tests.rl.recipes import doors_recipe
from tests.rl.recorded import ROLL_OUT, SAME_AGAIN, correct, silent, tries
from tests.rl.rewards.server import chat_server


def final(run: Path) -> float:
    """Held-out success, the most likely token taken."""
    results = json.loads((run / "results.json").read_text())
    return float(results["evaluations"][-1]["tasks"][DOORS_ID]["success"])


def sampled(run: Path) -> float:
    """Success of the one iteration that was rolled out."""
    return float(next(row["rollout/success"] for row in read_metrics(run) if row["event"] == "iteration"))


def stage(run: Path, event: str) -> dict[str, Any]:
    """What a stage measured."""
    return next(row for row in read_metrics(run) if row["event"] == event)


@pytest.fixture
def learn(tmp_path: Path) -> Callable[..., Path]:
    """Train a model by some stages, then roll it out once; returns the run."""

    def go(model: Path, **sections: Any) -> Path:
        recipe = doors_recipe(model, train=ROLL_OUT, rollout=SAME_AGAIN, **sections)
        train(recipe, run_dir=tmp_path / "learnt", say=silent)
        return tmp_path / "learnt"

    return go


def test_corrections_make_a_better_policy(
    misled_model: Path, misled_run: Path, copied_run: Path, learn: Callable[..., Path]
) -> None:
    correct(copied_run, 20)
    recorded = {"run": str(copied_run), "keep": ("corrected",)}
    warm = {"recorded": recorded, "episodes_per_task": 0, "epochs": 20, "batch_rows": 10, "lr": 2e-3}
    learnt = learn(misled_model, warm_start=warm | {"label_refs": False})
    assert final(misled_run) < 0.2
    assert final(learnt) > 0.9
    event = stage(learnt, "warm-start")
    assert event["warm/recorded_corrected"] == 20
    assert event["warm/layers"] == "correction.human@1"


PREFER: dict[str, Any] = {
    "label_refs": False, "epochs": 10, "batch_pairs": 8, "lr": 1e-3,
    "loss": {"name": "dpo", "beta": 0.3, "nll_coef": 1.0},
}  # fmt: skip


def test_corrections_as_preferences_make_a_better_policy(
    misled_model: Path, misled_run: Path, copied_run: Path, learn: Callable[..., Path]
) -> None:
    correct(copied_run, 60)
    learnt = learn(misled_model, preferences=PREFER | {"run": str(copied_run), "by": ("correction",), "lr": 2e-3})
    assert final(learnt) > 0.9
    event = stage(learnt, "preferences")
    assert event["preferences/accuracy"] > 0.9
    assert event["preferences/chosen_reward"] > 0 > event["preferences/rejected_reward"]
    assert event["preferences/num_correction"] == 60


def test_preferences_by_return_make_a_better_policy(
    doors_model: Path, tried_run: Path, learn: Callable[..., Path]
) -> None:
    learnt = learn(doors_model, preferences=PREFER | {"run": str(tried_run), "by": ("return",)})
    assert sampled(tried_run) < 0.4
    assert sampled(learnt) > sampled(tried_run) + 0.25
    assert stage(learnt, "preferences")["preferences/num_return"] > 20


def test_recorded_groups_alone_teach_what_the_environment_pays(
    doors_model: Path, tried_run: Path, learn: Callable[..., Path]
) -> None:
    section = {"run": str(tried_run), "epochs": 4, "batch_rows": 32, "lr": 2e-3}
    learnt = learn(doors_model, offline=section)
    assert sampled(learnt) > sampled(tried_run) + 0.1


def test_recorded_groups_make_a_better_policy_by_peoples_rewards_alone(
    misled_model: Path, misled_run: Path, copied_run: Path, learn: Callable[..., Path]
) -> None:
    """The environment's reward is drowned by labels that pay for the third door: the policy learns to take that."""
    with AnnotationBook(copied_run) as book:
        for episode in tries(copied_run):
            for step in episode.steps:
                value = "good" if step.action.get("target", {}).get("ref") == 3 else "bad"
                at = {"episode": episode.id, "t": step.t}
                book.add(Annotation.model_validate({"at": at, "kind": "label", "value": value, "author": "ann"}))
    apply_annotations(copied_run)
    # The learning rate is low, because the clip range only ends a gradient and holds no weights in bounds. The range is
    # wide upwards, or a rare answer could not become a common one.
    offline = {"run": str(copied_run), "epochs": 6, "batch_rows": 64, "lr": 3e-4,
               "loss": {"name": "ppo", "clip_high": 4.0}, "algorithm": {"name": "gigpo", "gamma": 0.0}}  # fmt: skip
    learnt = learn(misled_model, offline=offline | {"rewards": [{"layer": "reward.human", "weight": 10.0}]})
    event = next(row for row in read_metrics(learnt) if row["event"] == "offline")
    assert event["layers"] == "reward.human@1"
    assert event["reward/reward.human@1_missing"] == 0.0
    assert event["offline/kl_old"] < 10

    def third(of: Path) -> float:
        steps = [step for one in tries(of) for step in one.steps]
        return sum(step.action.get("target", {}).get("ref") == 3 for step in steps) / len(steps)

    assert third(learnt) > third(misled_run) + 0.3


def test_a_scorer_in_the_loop_shapes_and_keeps_the_raw_reward(doors_model: Path, tmp_path: Path) -> None:
    term = {"scorer": {"name": "progress"}, "weight": 0.5, "form": {"name": "potential"}}
    recipe = doors_recipe(doors_model, train={"max_iterations": 2, "rewards": [term]})
    train(recipe, run_dir=tmp_path / "run", say=silent)
    layers = Layers(tmp_path / "run")
    progress, mixed = layers.read("progress", 1), layers.read("reward.mixed", 1)
    with StoreReader(tmp_path / "run") as reader:
        episodes = list(reader.whole_episodes(split="train"))
    assert len(mixed) == sum(len(episode.steps) for episode in episodes)
    for episode in episodes:
        phi = [float(progress.get((episode.id, step.t), 0.0)) for step in episode.steps] + [0.0]
        for place, step in enumerate(episode.steps):
            expected = step.reward + 0.5 * (phi[place + 1] - phi[place])
            assert mixed[episode.id, step.t] == pytest.approx(expected)
            assert step.reward in (0.0, 1.0, -0.1)
    row = next(row for row in read_metrics(tmp_path / "run") if row["event"] == "iteration")
    count = sum(len(episode.steps) for episode in episodes if episode.iteration == row["iteration"])
    assert row["reward/progress_missing"] == pytest.approx(row["reward/progress_invalid"] / count, abs=1e-6)
    assert row["time/score_share"] > 0


def test_a_judge_whose_agreement_is_known_shapes_a_training(doors_model: Path, tmp_path: Path) -> None:
    def opinion(asked: dict[str, Any]) -> str:
        """Whoever came to the second room did well."""
        return "Score: 5" if "Step 2" in str(asked["messages"]) else "Score: 2"

    seen = {"frames": "all", "tensorboard": False}
    train(doors_recipe(doors_model, train=ROLL_OUT, record=seen), run_dir=tmp_path / "first", say=silent)
    with chat_server(opinion) as heard:
        scorer = {"base_url": heard.url, "model": "m", "workers": 2}
        term = {"scorer": {"name": "vlm_judge", **scorer}, "weight": 0.5, "form": {"name": "clip", "low": 0, "high": 4}}
        recipe = doors_recipe(
            doors_model, train=ROLL_OUT | {"rewards": [term | {"agreement": str(tmp_path / "first")}]}, record=seen
        )
        with pytest.raises(ConfigError, match="holds no layer that vlm_judge made"):
            train(recipe, run_dir=tmp_path / "run", say=silent)
        text, good = score(tmp_path / "first", "vlm_judge", settings=scorer, split="train")
        assert good
        assert "against the environment  128 compared, AUC" in text
        train(recipe, run_dir=tmp_path / "run", say=silent)
        shown = [part for part in heard.requests[-1]["messages"][1]["content"] if part["type"] == "image_url"]
    assert len(shown) >= 2
    said, mixed = (Layers(tmp_path / "run").read(name, 1) for name in ("vlm_judge", "reward.mixed"))
    for episode in tries(tmp_path / "run"):
        assert said[episode.id, None] == (5.0 if len(episode.steps) > 1 else 2.0)
        last = episode.steps[-1]
        assert mixed[episode.id, last.t] == pytest.approx(last.reward + 0.5 * min(said[episode.id, None], 4.0))
        assert all(mixed[episode.id, step.t] == step.reward for step in episode.steps[:-1])
