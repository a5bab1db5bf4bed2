import json

import pytest

from benchmarks.store import Row, main, table


@pytest.mark.parametrize(("times", "end"), [((10.0, 30.0, 20.0), "ok"), ((300.0, 10.0, 400.0), "MISSED")])
def test_budgets(times, end):
    *_, last = table([Row(what="x", times_ms=times, json_times_ms=(100.0,), budget_ms=200.0)]).splitlines()
    assert last.endswith(end)
    assert f"{100.0 / sorted(times)[1]:.1f}x" in last


def test_what_has_no_budget_misses_none():
    *_, last = table([Row(what="x", times_ms=(10.0,), json_times_ms=(), budget_ms=0.0)]).splitlines()
    assert last.endswith("none")


def test_a_small_run_is_measured(tmp_path, capsys):
    out = tmp_path / "store.json"
    options = ["--episodes", "60", "--rounds", "1", "--folder", str(tmp_path / "big"), "--out", str(out)]
    assert main(options) == 0
    result = json.loads(out.read_text())
    assert result["rows_by_table"]["episodes"] == 60
    assert all(row["times_ms"][0] > 0 for row in result["rows"])
    assert {row["what"] for row in result["rows"]} >= {"list: newest page", "episode", "search: a rare word"}
    capsys.readouterr()
    assert main(options) == 0, "a run that is there is measured again"
