"""Which rows and pairs a recorded run and the words of people come to, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clickwright.errors import ConfigError, DamagedFileError, UnknownNameError
from clickwright.rl import train
from clickwright.rl.feedback_sections import Preferences, Recorded
from clickwright.rl.models import load_model
from clickwright.rl.preferences import Pairs, find_pairs
from clickwright.rl.progress import Progress
from clickwright.rl.recorded_rows import RecordedRows, Writer, recorded_rows
from clickwright.rl.recordings import Recordings
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.annotations.apply import apply_annotations
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.store import StoreWriter
from tests.rl.doors import DOORS, DOORS_ID
from tests.rl.recipes import doors_recipe
from tests.rl.recorded import correct, right, silent, tries, wrong_steps


@pytest.fixture
def work(misled_model: Path, tmp_path: Path) -> Iterator[Workspace]:
    recipe = doors_recipe(misled_model)
    folder = tmp_path / "work"
    folder.mkdir()
    weights = load_model(recipe.model)
    with Workspace(recipe, folder, weights=weights, session="", progress=Progress(silent), meta={}) as opened:
        yield opened


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


def test_a_correction_takes_the_place_of_what_was_done(work: Workspace, copied_run: Path) -> None:
    correct(copied_run, 5)
    found = chosen_rows(work, copied_run, keep=("corrected",), corrected_repeat=3)
    assert found.counts == {"corrected": 5, "unused_corrections": 0}
    assert len(found.rows) == 15
    rows = sorted(found.rows[::3], key=lambda row: row.prompt_ids)
    steps = sorted((step for _, step in wrong_steps(copied_run)[:5]), key=lambda step: step.prompt_ids)
    for step, row in zip(steps, rows, strict=True):
        assert row.prompt_ids == step.prompt_ids
        ref = right(step)["target"]["ref"]
        assert work.tokenizer.decode(list(row.completion_ids), skip_special_tokens=True) == f"click [{ref}]"
        assert row.completion_ids[-1] == work.tokenizer.eos_token_id
        assert row.completion_ids != step.completion_ids


def test_corrections_that_are_too_long_to_say_are_told(work: Workspace, copied_run: Path) -> None:
    name = "the door that has the colour of the room"
    correct(copied_run, 2, value={"action": {"kind": "click", "target": {"ref": 1, "name": name}}})
    with pytest.raises(ConfigError, match=r"corrected, but for 2 that .* cannot say in rollout\.max_new_tokens = 8"):
        chosen_rows(work, copied_run, keep=("corrected",))


def test_labels_choose_and_bad_ones_leave_out(work: Workspace, copied_run: Path) -> None:
    won = next(episode for episode in tries(copied_run) if episode.success)
    lost = next(episode for episode in tries(copied_run) if not episode.success)
    before = chosen_rows(work, copied_run, keep=("success",)).counts["success"]
    with AnnotationBook(copied_run) as book:
        for episode, value in ((won, "redundant"), (lost, "good")):
            at = {"episode": episode.id, "t": 0}
            book.add(Annotation.model_validate({"at": at, "kind": "label", "value": value, "author": "ann"}))
    apply_annotations(copied_run)
    found = chosen_rows(work, copied_run, keep=("success", "good"))
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


def test_what_is_not_there_is_told(work: Workspace, copied_run: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"correction\.human"):
        chosen_rows(work, copied_run)
    with pytest.raises(UnknownNameError, match=r"label\.human"):
        chosen_rows(work, copied_run, keep=("good",))
    Layers(copied_run).put("correction.human", 1, producer="{}", values=[])
    with pytest.raises(ConfigError, match="nothing to learn from: no step that is kept for corrected"):
        chosen_rows(work, copied_run, keep=("corrected",))
    Layers(copied_run).put("correction.human", 2, producer="{}", values=[(tries(copied_run)[0].id, 0, "[]")])
    with pytest.raises(DamagedFileError, match="never wrote"):
        chosen_rows(work, copied_run, keep=("corrected",))
    with pytest.raises(ConfigError, match="no two answers"):
        chosen_pairs(work, copied_run, by=("return",), min_gap=9.0)


def test_pairs_by_return_are_answers_to_one_prompt(work: Workspace, copied_run: Path) -> None:
    found = chosen_pairs(work, copied_run, by=("return",))
    assert found.counts["return"] == len(found.pairs) > 5
    text = work.tokenizer.decode
    for pair in found.pairs:
        colour = next(name for name in DOORS if f"page:\n{name}" in text(list(pair.chosen.prompt_ids)))
        good = f"click [{DOORS.index(colour) + 1}]"
        # The right door is never the worse one; the better one is right but where no try of the group was.
        assert text(list(pair.rejected.completion_ids), skip_special_tokens=True) != good
        assert pair.chosen.completion_ids != pair.rejected.completion_ids


def test_pairs_by_people(work: Workspace, copied_run: Path) -> None:
    correct(copied_run, 4)
    by_correction = chosen_pairs(work, copied_run, by=("correction",))
    assert by_correction.counts["correction"] == 4
    wrong = sorted((step.prompt_ids, step.completion_ids) for _, step in wrong_steps(copied_run)[:4])
    assert sorted((pair.rejected.prompt_ids, pair.rejected.completion_ids) for pair in by_correction.pairs) == wrong
    firsts = [(episode, episode.steps[0]) for episode in tries(copied_run)]
    a = firsts[0]
    group = [one for one in firsts if one[0].group_id == a[0].group_id]
    b = next(one for one in group if one[1].completion_ids != a[1].completion_ids)
    other = next(one for one in firsts if one[1].prompt_ids != a[1].prompt_ids)
    with AnnotationBook(copied_run) as book:
        for one in (b, other):
            sides = [{"episode": episode.id, "t": step.t} for episode, step in (a, one)]
            value = {"a": sides[0], "b": sides[1], "choice": "b"}
            at = {**sides[0], "other": sides[1]}
            book.add(Annotation.model_validate({"at": at, "kind": "preference", "value": value, "author": "ann"}))
    apply_annotations(copied_run)
    found = chosen_pairs(work, copied_run, by=("preference",))
    assert found.counts["preference"] == 1
    assert found.counts["unlike_prompts"] == 1
    assert found.pairs[0].chosen.completion_ids == b[1].completion_ids


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


def test_tokens_of_another_model_are_no_behaviour(copied_run: Path, work: Workspace, tmp_path: Path) -> None:
    from dataclasses import replace

    writer = Writer.of(work, label_refs=False)
    step = tries(copied_run)[0].steps[0]
    strange = replace(step, completion_ids=(5, 6, 7), logprobs=(-1.0,) * 3)
    assert writer.sampled_here(step)
    assert not writer.sampled_here(strange)
    # Its words are still learnt from, in this tokenizer's ids and with a prompt that is built anew.
    assert writer.said(strange) == writer.tokens(step.raw)
    assert writer.prompt(tries(copied_run)[0], strange) == step.prompt_ids
    assert writer.tokens("x" * 500) is None
