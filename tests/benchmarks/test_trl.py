"""What the comparison with TRL gives to both trainers, and what it says of what they measured."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.trl import WORKERS, Worker, check_same, main, save_model, summary, table
from benchmarks.trl_rows import apart, in_common, num_inputs, turns
from benchmarks.trl_worker import Job


def test_turns_have_much_in_common_and_rows_drawn_apart_nothing() -> None:
    rows = turns(2, vocabulary=200)
    assert turns(2, vocabulary=200) == rows
    other = apart(rows, vocabulary=200)
    assert num_inputs(other) == num_inputs(rows)
    assert in_common(rows) > 0.4
    assert in_common(other) < 0.01
    assert {row.group for row in rows} == {0, 1}
    assert {row.episode for row in rows} == set(range(16))


def answers(cpu_s: float, *, loss: float = -0.5) -> list[dict[str, float]]:
    return [{"cpu_s": cpu_s * factor, "wall_s": 9.0, "loss": loss, "grad_norm": 2.0} for factor in (1.0, 1.2, 0.9)]


def test_ratios_are_taken_round_by_round() -> None:
    found = summary(dict(zip(WORKERS, map(answers, (1.0, 2.0, 4.0, 3.0)), strict=True)), 1_000)
    assert found["tokens_per_s"] == {"ours": 1_000, "ours, nothing shared": 500, "trl": 250, "trl, short head": 333}
    assert found["times_trl"] == [4.0, 4.0, 4.0]
    assert found["times_nothing_shared"] == [2.0, 2.0, 2.0]
    shown = table({"workloads": {"turns": {"num_rows": 3, "num_tokens": 1_000, "in_common": 0.6, **found}}})
    assert "ours is 4.00x TRL (4.00 to 4.00)" in shown


def test_systems_that_took_different_steps_are_not_compared() -> None:
    check_same({"turns": {"ours": answers(1.0), "trl": answers(1.0, loss=-0.5001)}})
    with pytest.raises(RuntimeError, match="disagree about the loss"):
        check_same({"turns": {"ours": answers(1.0), "trl": answers(1.0, loss=-0.51)}})


def test_our_worker_takes_the_same_step_with_and_without_sharing(tmp_path: Path) -> None:
    save_model(tmp_path / "model")
    rows = turns(1, vocabulary=200)[:6]
    given = {"turns": [{**asdict(row), "prompt_ids": row.prompt_ids[:40]} for row in rows]}
    job = tmp_path / "job.json"
    Job(model=str(tmp_path / "model"), threads=1, micro_tokens=512, workloads=given).write(job)
    with Worker(Path(sys.executable), "trl_ours", job) as worker:
        shared, plain = worker.ask("ours", "turns"), worker.ask("ours, nothing shared", "turns")
        assert "torch" in worker.versions
    assert shared["shared_tokens_share"] > 0.3
    assert plain["shared_tokens_share"] == 0
    check_same({"turns": {"ours": [shared], "ours, nothing shared": [plain]}})


def test_a_worker_that_dies_says_so(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with status 1"):
        Worker(Path(sys.executable), "trl_ours", tmp_path / "none.json")


def test_help_names_the_environment(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "TRL's environment" in capsys.readouterr().out
