"""From what people say about a recorded run to a policy that is better for it: a real environment, a real model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from clickwright.errors import ConfigError, DamagedFileError, UnknownNameError
from clickwright.rl import train
from clickwright.rl.feedback_sections import Preferences, Recorded
from clickwright.rl.metrics import read_metrics
from clickwright.rl.models import load_model
from clickwright.rl.preferences import Pairs, find_pairs
from clickwright.rl.progress import Progress
from clickwright.rl.recorded_rows import RecordedRows, Writer, recorded_rows
from clickwright.rl.recordings import Recordings
from clickwright.rl.rewards.commands import score
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.annotations.apply import apply_annotations
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Step
from clickwright.trajectories.store import StoreWriter
from tests.rl import doors
from tests.rl.doors import DOORS, DOORS_ID
from tests.rl.recipes import doors_recipe
from tests.rl.rewards.server import chat_server


def silent(text: str) -> None:
    """Say nothing."""


ROLL_OUT = {"max_iterations": 1, "groups": 16, "lr": 1e-9}
"""128 tries, in 16 groups, at a learning rate that changes nothing."""

SAME_AGAIN = {"deterministic": True}
"""The tries, and the order in which they are stored, do not depend on which of them ends first."""


@pytest.fixture(scope="module")
def misled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that looks at the colour and likes the door beside the right one; also registers the environments."""
    doors.register()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    path = doors.write_model(tmp_path_factory.mktemp("misled"), steps=200, known=0.5, shift=1)
    torch.set_num_threads(before)
    return path


@pytest.fixture(scope="module")
def misled_run(misled_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tries of the misled model."""
    run = tmp_path_factory.mktemp("misled-run") / "run"
    train(doors_recipe(misled_model, train=ROLL_OUT, rollout=SAME_AGAIN), run_dir=run, say=silent)
    return run


@pytest.fixture(scope="module")
def tried_run(doors_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tries of the model that is a bit better than chance."""
    run = tmp_path_factory.mktemp("tried-run") / "run"
    train(doors_recipe(doors_model, train=ROLL_OUT, rollout=SAME_AGAIN), run_dir=run, say=silent)
    return run


@pytest.fixture
def run(misled_run: Path, tmp_path: Path) -> Path:
    """A copy of the misled model's tries, whose opinions are its own."""
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "episodes.sqlite").write_bytes((misled_run / "episodes.sqlite").read_bytes())
    return copy


@pytest.fixture
def work(misled_model: Path, tmp_path: Path) -> Iterator[Workspace]:
    recipe = doors_recipe(misled_model)
    folder = tmp_path / "work"
    folder.mkdir()
    weights = load_model(recipe.model)
    with Workspace(recipe, folder, weights=weights, session="", progress=Progress(silent), meta={}) as opened:
        yield opened


def tries(run: Path) -> list[Episode]:
    """The tries of a run, in an order that does not depend on which of them ended first."""
    with StoreReader(run) as reader:
        return sorted(reader.whole_episodes(split="train"), key=lambda episode: episode.id)


def right(step: Step) -> dict[str, Any]:
    """The door that should have been taken: the text of the room is its colour."""
    return {"kind": "click", "target": {"ref": DOORS.index(step.text) + 1}}


def wrong_steps(run: Path) -> list[tuple[Episode, Step]]:
    """The first wrong step of every failed try."""
    found = []
    for episode in tries(run):
        for step in episode.steps:
            if step.action.get("target", {}).get("ref") != right(step)["target"]["ref"]:
                found.append((episode, step))
                break
    return found


def correct(run: Path, count: int, **fields: Any) -> None:
    """Say of some wrong steps what should have been done, as a person does."""
    with AnnotationBook(run) as book:
        for episode, step in wrong_steps(run)[:count]:
            book.add(
                Annotation.model_validate(
                    {"at": {"episode": episode.id, "t": step.t}, "kind": "correction", "author": "ann",
                     "value": {"action": right(step)}} | fields
                )
            )  # fmt: skip
    apply_annotations(run)


def chosen_rows(work: Workspace, run: Path, **section: Any) -> RecordedRows:
    recordings = Recordings(str(run), tasks=work.recipe.env.tasks, splits=("train",))
    return recorded_rows(Recorded(run=str(run), **section), recordings, Writer.of(work, label_refs=False))


def chosen_pairs(work: Workspace, run: Path, **section: Any) -> Pairs:
    recordings = Recordings(str(run), tasks=work.recipe.env.tasks, splits=("train",))
    return find_pairs(Preferences(run=str(run), **section), recordings, Writer.of(work, label_refs=False))


def test_success_rows_are_the_very_tokens_that_were_sampled(work: Workspace, tried_run: Path) -> None:
    found = chosen_rows(work, tried_run, keep=("success",))
    steps = [step for episode in tries(tried_run) if episode.success for step in episode.steps]
    assert found.counts["success"] == len(steps) > 10
    assert {row.completion_ids for row in found.rows} == {step.completion_ids for step in steps}
    assert {row.prompt_ids for row in found.rows} == {step.prompt_ids for step in steps}


def test_a_correction_takes_the_place_of_what_was_done(work: Workspace, run: Path) -> None:
    correct(run, 5)
    found = chosen_rows(work, run, keep=("corrected",), corrected_repeat=3)
    assert found.counts == {"corrected": 5, "unused_corrections": 0}
    assert len(found.rows) == 15
    rows = sorted(found.rows[::3], key=lambda row: row.prompt_ids)
    steps = sorted((step for _, step in wrong_steps(run)[:5]), key=lambda step: step.prompt_ids)
    for step, row in zip(steps, rows, strict=True):
        assert row.prompt_ids == step.prompt_ids
        ref = right(step)["target"]["ref"]
        assert work.tokenizer.decode(list(row.completion_ids), skip_special_tokens=True) == f"click [{ref}]"
        assert row.completion_ids[-1] == work.tokenizer.eos_token_id
        assert row.completion_ids != step.completion_ids


def test_corrections_that_are_too_long_to_say_are_told(work: Workspace, run: Path) -> None:
    name = "the door that has the colour of the room"
    correct(run, 2, value={"action": {"kind": "click", "target": {"ref": 1, "name": name}}})
    with pytest.raises(ConfigError, match=r"corrected, but for 2 that .* cannot say in rollout\.max_new_tokens = 8"):
        chosen_rows(work, run, keep=("corrected",))


def test_labels_choose_and_bad_ones_leave_out(work: Workspace, run: Path) -> None:
    won = next(episode for episode in tries(run) if episode.success)
    lost = next(episode for episode in tries(run) if not episode.success)
    before = chosen_rows(work, run, keep=("success",)).counts["success"]
    with AnnotationBook(run) as book:
        for episode, value in ((won, "redundant"), (lost, "good")):
            at = {"episode": episode.id, "t": 0}
            book.add(Annotation.model_validate({"at": at, "kind": "label", "value": value, "author": "ann"}))
    apply_annotations(run)
    found = chosen_rows(work, run, keep=("success", "good"))
    assert found.counts["success"] == before - 1
    assert found.counts["good"] == 1


def test_what_is_learnt_does_not_depend_on_which_try_ended_first(misled_run: Path, tmp_path: Path) -> None:
    stored = {episode.id: episode for episode in tries(misled_run)}
    for number, ids in enumerate((sorted(stored), sorted(stored, reverse=True))):
        with StoreWriter(tmp_path / str(number)) as writer:
            for name in ids:
                writer.add(stored[name])
    first, second = (
        list(Recordings(str(tmp_path / str(number)), tasks=(DOORS_ID,), splits=("train",))) for number in range(2)
    )
    assert [(one.group_id, one.member) for one in first] == [(one.group_id, one.member) for one in second]
    assert len({one.group_id for one in first}) == 16
    assert [one.member for one in first[:8]] == list(range(8))


def test_what_is_not_there_is_told(work: Workspace, run: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"correction\.human"):
        chosen_rows(work, run)
    with pytest.raises(UnknownNameError, match=r"label\.human"):
        chosen_rows(work, run, keep=("good",))
    Layers(run).put("correction.human", 1, producer="{}", values=[])
    with pytest.raises(ConfigError, match="nothing to learn from: no step that is kept for corrected"):
        chosen_rows(work, run, keep=("corrected",))
    Layers(run).put("correction.human", 2, producer="{}", values=[(tries(run)[0].id, 0, "[]")])
    with pytest.raises(DamagedFileError, match="never wrote"):
        chosen_rows(work, run, keep=("corrected",))
    with pytest.raises(ConfigError, match="no two answers"):
        chosen_pairs(work, run, by=("return",), min_gap=9.0)


def test_pairs_by_return_are_answers_to_one_prompt(work: Workspace, run: Path) -> None:
    found = chosen_pairs(work, run, by=("return",))
    assert found.counts["return"] == len(found.pairs) > 5
    text = work.tokenizer.decode
    for pair in found.pairs:
        colour = next(name for name in DOORS if f"page:\n{name}" in text(list(pair.chosen.prompt_ids)))
        good = f"click [{DOORS.index(colour) + 1}]"
        # The right door is never the worse one; the better one is right but where no try of the group was.
        assert text(list(pair.rejected.completion_ids), skip_special_tokens=True) != good
        assert pair.chosen.completion_ids != pair.rejected.completion_ids


def test_pairs_by_people(work: Workspace, run: Path) -> None:
    correct(run, 4)
    by_correction = chosen_pairs(work, run, by=("correction",))
    assert by_correction.counts["correction"] == 4
    wrong = sorted((step.prompt_ids, step.completion_ids) for _, step in wrong_steps(run)[:4])
    assert sorted((pair.rejected.prompt_ids, pair.rejected.completion_ids) for pair in by_correction.pairs) == wrong
    firsts = [(episode, episode.steps[0]) for episode in tries(run)]
    a = firsts[0]
    group = [one for one in firsts if one[0].group_id == a[0].group_id]
    b = next(one for one in group if one[1].completion_ids != a[1].completion_ids)
    other = next(one for one in firsts if one[1].prompt_ids != a[1].prompt_ids)
    with AnnotationBook(run) as book:
        for one in (b, other):
            sides = [{"episode": episode.id, "t": step.t} for episode, step in (a, one)]
            value = {"a": sides[0], "b": sides[1], "choice": "b"}
            at = {**sides[0], "other": sides[1]}
            book.add(Annotation.model_validate({"at": at, "kind": "preference", "value": value, "author": "ann"}))
    apply_annotations(run)
    found = chosen_pairs(work, run, by=("preference",))
    assert found.counts["preference"] == 1
    assert found.counts["unlike_prompts"] == 1
    assert found.pairs[0].chosen.completion_ids == b[1].completion_ids


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
    misled_model: Path, misled_run: Path, run: Path, learn: Callable[..., Path]
) -> None:
    correct(run, 20)
    recorded = {"run": str(run), "keep": ("corrected",)}
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
    misled_model: Path, misled_run: Path, run: Path, learn: Callable[..., Path]
) -> None:
    correct(run, 60)
    learnt = learn(misled_model, preferences=PREFER | {"run": str(run), "by": ("correction",), "lr": 2e-3})
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
    misled_model: Path, misled_run: Path, run: Path, learn: Callable[..., Path]
) -> None:
    """The environment's reward is drowned by labels that pay for the third door: the policy learns to take that."""
    with AnnotationBook(run) as book:
        for episode in tries(run):
            for step in episode.steps:
                value = "good" if step.action.get("target", {}).get("ref") == 3 else "bad"
                at = {"episode": episode.id, "t": step.t}
                book.add(Annotation.model_validate({"at": at, "kind": "label", "value": value, "author": "ann"}))
    apply_annotations(run)
    # The learning rate is low, because the clip range only ends a gradient and holds no weights in bounds. The range is
    # wide upwards, or a rare answer could not become a common one.
    offline = {"run": str(run), "epochs": 6, "batch_rows": 64, "lr": 3e-4, "loss": {"name": "ppo", "clip_high": 4.0},
               "algorithm": {"name": "gigpo", "gamma": 0.0}}  # fmt: skip
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


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"warm_start": {"episodes_per_task": 0}}, "leaves nothing to imitate"),
        ({"preferences": {"run": "RUN", "splits": ("eval",)}}, "what success is measured on"),
        ({"preferences": {"run": "RUN", "min_gap": 1.0}}, "min_gap is read only"),
        ({"warm_start": {"recorded": {"run": "RUN", "keep": ("success",), "corrected_repeat": 2}}}, "corrected_repeat"),
        ({"preferences": {"run": "RUN", "loss": {"name": "dpo", "betta": 1}}}, "did you mean beta"),
        ({"offline": {"run": "RUN", "rewards": [{"layer": "x", "form": {"name": "clop"}}]}}, "did you mean clip"),
        ({"offline": {"run": "RUN", "rewards": [{"layer": "advantage"}]}}, "is a judge's opinion"),
        ({"offline": {"run": "nowhere"}}, "unknown run"),
        ({"preferences": {"run": "RUN"}}, r"preference\.human|correction\.human"),
        ({"train": {"rewards": [{"scorer": {"name": "goal_baseline", "model": "m"}}]}}, "is a judge"),
        ({"train": {"rewards": [{"scorer": {"name": "progress"}}, {"scorer": {"name": "progress"}}]}}, "twice"),
        ({"train": {"rewards": [{"scorer": {"name": "monte_carlo"}, "form": {"name": "potential"}}]}}, "state alone"),
    ],
)
def test_a_recipe_that_cannot_do_what_it_says_is_refused_before_a_folder_is_made(
    sections: dict[str, Any], message: str, doors_model: Path, misled_run: Path, tmp_path: Path
) -> None:
    told = json.loads(json.dumps(sections).replace("RUN", str(misled_run)))
    with pytest.raises((ConfigError, ValueError), match=message):
        train(doors_recipe(doors_model, **told), run_dir=tmp_path / "run", say=silent)
    assert not (tmp_path / "run").exists()


def test_tokens_of_another_model_are_no_behaviour(run: Path, work: Workspace, tmp_path: Path) -> None:
    from dataclasses import replace

    writer = Writer.of(work, label_refs=False)
    step = tries(run)[0].steps[0]
    strange = replace(step, completion_ids=(5, 6, 7), logprobs=(-1.0,) * 3)
    assert writer.sampled_here(step)
    assert not writer.sampled_here(strange)
    # Its words are still learnt from, in this tokenizer's ids and with a prompt that is built anew.
    assert writer.said(strange) == writer.tokens(step.raw)
    assert writer.prompt(tries(run)[0], strange) == step.prompt_ids
    assert writer.tokens("x" * 500) is None
