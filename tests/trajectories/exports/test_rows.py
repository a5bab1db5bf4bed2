"""Rows for TRL: their columns, prompts, filters, corrections and verdicts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clickwright.errors import ConfigError
from clickwright.trajectories.exports.base import Options
from clickwright.trajectories.exports.command import export
from clickwright.trajectories.exports.language import Language
from clickwright.trajectories.exports.people import People
from clickwright.trajectories.exports.source import Selection
from tests.trajectories.exports.reading import tables
from tests.trajectories.rich import click

TEXT = Options(style="text")


def rows(run: Path, out: Path, name: str, **asked: Any) -> list[dict[str, Any]]:
    export(run, to=name, out=out, **{"options": TEXT, **asked})
    return tables(out)


def places(found: Sequence[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(row["episode_id"], row["t"]) for row in found]


def test_a_branch_teaches_only_its_own_steps(rich_run: Path, tmp_path: Path) -> None:
    found = rows(rich_run, tmp_path / "out", "sft")
    assert places(found) == [
        ("marked", 0), ("marked", 1), ("branched", 1), ("fork-0", 0), ("fork-1", 0), ("fork-2", 0),
    ]  # fmt: skip
    assert found[2]["prompt"].split("\n")[1] == 'did: type (0.25, 0.5) "typed-mark" -> action-error-mark'


def test_a_prompt_is_as_sent_where_it_can_be_decoded(rich_run: Path, tmp_path: Path) -> None:
    language = Language(decode=lambda ids: "|".join(map(str, ids)))
    report = export(rich_run, to="sft", out=tmp_path / "out", options=TEXT, language=language)
    assert tables(tmp_path / "out")[0]["prompt"] == "70001|2"
    assert report.lost["prompts as sent"] == 2  # the two steps of a script


def test_chat_rows_carry_the_screen_that_was_seen(rich_run: Path, tmp_path: Path) -> None:
    found = rows(rich_run, tmp_path / "out", "sft", options=Options())
    assert [message["role"] for message in found[0]["messages"]] == ["user", "assistant"]
    sizes = [Image.open(io.BytesIO(image["bytes"])).size for row in found for image in row["images"]]
    assert sizes == [(40, 32), (48, 36), (48, 36), (40, 32), (40, 32), (40, 32)]
    bare = rows(rich_run, tmp_path / "bare", "sft", options=Options(style="chat", images=False))
    assert "images" not in bare[0]


def test_filters_choose_episodes_and_steps(rich_run: Path, tmp_path: Path) -> None:
    def chosen(name: str, people: People | None = None, **selection: Any) -> list[tuple[str, int]]:
        return places(rows(rich_run, tmp_path / name, "sft", selection=Selection(**selection), people=people))

    assert chosen("success", success=True) == [("branched", 1), ("fork-0", 0), ("fork-2", 0)]
    assert chosen("score", min_score=1.0) == [("branched", 1), ("fork-0", 0)]
    assert chosen("advantage", advantage_above=0.0) == [("marked", 0), ("fork-0", 0)]
    people = People.of(labels=[("fork-1", 0, "good"), ("fork-2", 0, "bad")])
    assert chosen("label", people, label="good") == [("fork-1", 0)]


def test_a_correction_replaces_what_was_said(rich_run: Path, tmp_path: Path) -> None:
    people = People.of(corrections=[("fork-1", 0, {"action": click(1), "thought": "the first"})])
    found = rows(rich_run, tmp_path / "out", "sft", people=people)
    assert found[4]["completion"] == "the first\nclick [1]"
    assert found[3]["completion"] == "think 0\nclick [1]"


@pytest.mark.parametrize(
    ("evidence", "labels"),
    [
        ("advantage", {"marked": True, "fork-0": True, "fork-1": False}),
        ("success", {"marked": False, "branched": True, "fork-0": True, "fork-1": False, "fork-2": True}),
        ("human", {"fork-1": True, "fork-2": False}),
    ],
)
def test_kto_labels_by_evidence(rich_run: Path, tmp_path: Path, evidence: str, labels: dict[str, bool]) -> None:
    people = People.of(labels=[("fork-1", 0, "good"), ("fork-2", 0, "bad"), ("fork-0", 0, "neutral")])
    options = Options(style="text", evidence=evidence)
    found = rows(rich_run, tmp_path / "out", "kto", options=options, people=people)
    assert {row["episode_id"]: row["label"] for row in found} == labels


def test_the_strongest_evidence_is_taken_by_itself(rich_run: Path, tmp_path: Path) -> None:
    assert "labels by advantage" in export(rich_run, to="kto", out=tmp_path / "a", options=TEXT).remarks
    people = People.of(labels=[("fork-1", 0, "good")])
    assert "labels by human" in export(rich_run, to="kto", out=tmp_path / "b", options=TEXT, people=people).remarks


def test_prm_labels_steps_up_to_the_first_error(rich_run: Path, tmp_path: Path) -> None:
    people = People.of(labels=[("marked", 0, "good"), ("marked", 1, "bad")])
    row = rows(rich_run, tmp_path / "out", "prm", options=Options(), people=people)[0]
    assert (row["completions"], row["labels"]) == (["raw-mark", "click [2]"], [True, False])
    assert row["prompt"].startswith("goal: Goal-mark\n")


def test_nothing_to_write_says_what_to_try(rich_run: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="label steps"):
        rows(rich_run, tmp_path / "out", "kto", options=Options(evidence="human"))
    with pytest.raises(ConfigError, match="unknown style"):
        rows(rich_run, tmp_path / "out", "sft", options=Options(style="poem"))
    with pytest.raises(ConfigError, match="unknown evidence"):
        rows(rich_run, tmp_path / "out", "kto", options=Options(evidence="stars"))
    assert not (tmp_path / "out").exists()
