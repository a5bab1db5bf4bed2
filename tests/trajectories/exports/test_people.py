"""What people said, from rows and from annotation files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clickwright.errors import ConfigError, DamagedFileError
from clickwright.trajectories.exports.people import People, read_annotations


def test_a_majority_decides_and_a_tie_does_not() -> None:
    people = People.of(labels=[("a", 0, "good"), ("a", 0, "good"), ("a", 0, "bad"), ("a", 1, "good"), ("a", 1, "bad")])
    assert people.labels == {("a", 0): "good"}


def test_annotations_are_read_line_by_line(tmp_path: Path) -> None:
    lines = [
        {"at": {"episode": "a", "t": 0}, "kind": "label", "value": "neutral", "author": "x"},
        {"at": {"episode": "a", "t": 2}, "kind": "first_error", "author": "x"},
        {"at": {"episode": "a", "t": 2}, "kind": "correction", "author": "x",
         "value": {"action": {"kind": "press", "keys": ["Tab"]}}},
        {"at": {"episode": "a"}, "kind": "rating", "value": 5, "author": "x"},
        {"at": {"episode": "b", "t": 0}, "kind": "label", "value": "bad", "author": "x", "deleted": True},
        {"at": {"episode": "c", "t": 0}, "kind": "label", "value": "bad", "author": "m", "author_kind": "model"},
        {"at": {"episode": "a", "t": 1, "other": {"episode": "b", "t": 1}}, "kind": "preference", "author": "x",
         "value": {"a": {"episode": "a", "t": 1}, "b": {"episode": "b", "t": 1}, "choice": "a", "shared_t": 1}},
    ]  # fmt: skip
    path = tmp_path / "notes.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n\n", "utf-8")
    people = read_annotations(path)
    assert people.labels == {("a", 0): "neutral", ("a", 1): "good", ("a", 2): "bad"}
    assert [people.verdict("a", t) for t in range(4)] == [None, True, False, None]
    assert people.corrections["a", 2].action["keys"] == ["Tab"]
    assert people.preferences[0].better == ("a", 1)
    assert len(people) == 5


@pytest.mark.parametrize("line", ["{", "[1]", "3", '"x"'])
def test_a_line_that_is_no_annotation_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "notes.jsonl"
    path.write_text("\n" + line + "\n", "utf-8")
    with pytest.raises((DamagedFileError, ConfigError), match=r"notes.jsonl:2 is not"):
        read_annotations(path)


def test_no_file_and_no_fields_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no file"):
        read_annotations(tmp_path / "none")
    (tmp_path / "notes.jsonl").write_text('{"kind": "label"}', "utf-8")
    with pytest.raises(ConfigError, match=r"notes\.jsonl:1 is not an annotation"):
        read_annotations(tmp_path / "notes.jsonl")
