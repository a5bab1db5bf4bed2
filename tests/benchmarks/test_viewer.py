"""The viewer's benchmark asks what the page asks, and gets answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.json_files import JsonFiles
from benchmarks.store_load import RARE, build
from benchmarks.viewer import asking, loads, main


def test_both_sides_find_the_same(tmp_path: Path) -> None:
    list(build(tmp_path, 120))
    files = JsonFiles(tmp_path, 120, 60)
    with asking(tmp_path / "run") as ask:
        assert [one["id"] for one in ask("episodes", limit=60)["episodes"]] == [name for name, _ in files.newest()]
        best = [one["score"] for one in ask("episodes", limit=60, order="best")["episodes"]]
        assert best == [score for score, _ in files.best()]
        assert [one["id"] for one in ask("episodes", q=RARE)["episodes"]] == files.search(RARE) == ["e000077"]
        assert ask("facets")["total"] == files.facets().total() == 120
        every = loads(tmp_path, 120, ask)
        assert all(ours() for ours, _, _ in every.values())
        assert sum(budget > 0 for _, _, budget in every.values()) == len(every) - 2


def test_the_result_is_saved_with_what_it_was_measured_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("uvicorn")
    out = tmp_path / "viewer.json"
    told = ["--episodes", "40", "--rounds", "2", "--folder", str(tmp_path / "built"), "--out", str(out)]
    assert main(told) == 0
    result = json.loads(out.read_text())
    assert "--folder FOLDER" in result["command"]
    assert result["rows_by_table"]["episodes"] == 40
    assert set(result["first_ms"]) == {row["what"] for row in result["rows"]}
    assert all(len(row["times_ms"]) == 2 for row in result["rows"])
    assert "at most 200 ms: ok" in capsys.readouterr().out
