from pathlib import Path

from benchmarks.advantages import CASES, NOTES, batch, main, table, works
from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS


def test_everything_is_measured_and_every_note_is_of_something():
    measured = set(works(batch(200)))
    assert {name for name, _ in CASES.values()} == set(ESTIMATORS)
    assert {f"editor {name}" for name in EDITORS} | {f"multiplier {name}" for name in MULTIPLIERS} <= measured
    assert set(NOTES) <= measured


def test_the_table_judges_by_a_million_rows():
    seconds = {"estimator a": [0.2, 0.5, 0.3], "estimator b": [0.05]}
    lines = table(seconds, 100_000, {"estimator a": 2.5}).splitlines()
    assert lines[1].split()[2:] == ["0.300", "OVER", "2.50"]
    assert lines[2].split()[2:] == ["0.050", "ok"]


def test_the_command_writes_its_numbers(tmp_path: Path):
    assert main(["--rows", "400", "--rounds", "1", "--out", str(tmp_path / "numbers.json")]) in {0, 1}
    assert "estimator gigpo" in (tmp_path / "numbers.json").read_text()
