"""What the comparison with TRL gives to both trainers, and what it says of what they measured."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from benchmarks.trl import WORKERS, Worker, check_same, main, save_model, summary, table
from benchmarks.trl_rows import apart, in_common, num_inputs, recorded, turns
from benchmarks.trl_worker import Job
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.store import StoreWriter


def test_turns_have_much_in_common_and_rows_drawn_apart_nothing() -> None:
    rows = turns(2, vocabulary=200)
    assert turns(2, vocabulary=200) == rows
    other = apart(rows, vocabulary=200)
    assert num_inputs(other) == num_inputs(rows)
    assert in_common(rows) > 0.4
    assert in_common(other) < 0.01
    assert {row.group for row in rows} == {0, 1}
    assert {row.episode for row in rows} == set(range(16))


def episode(name: str, *, group: str, iteration: int, reward: float) -> Episode:
    sampled = {"completion_ids": (7, 1), "logprobs": (-0.5, -0.2), "finish_reason": "stop"}
    step = Step(t=0, state_key="a" * 16, prompt_ids=(2, 3, 4), reward=reward, **sampled)  # type: ignore[arg-type]
    known = {"env_id": "clickwright/miniwob.click-test-v0", "task": "click-test", "seed": 1, "goal": "Click Ok."}
    return Episode(
        id=name, group_id=group, iteration=iteration, status=Status.TERMINATED, steps=(step,), **known  # type: ignore[arg-type]
    )  # fmt: skip


def test_recorded_rows_are_what_the_last_iteration_learnt_from(tmp_path: Path) -> None:
    with StoreWriter(tmp_path / "run") as writer:
        writer.add(episode("old", group="g0", iteration=0, reward=1.0))
        for number, (group, reward) in enumerate([("g1", 1.0), ("g1", 0.0), ("g2", 1.0), ("g2", 1.0)]):
            writer.add(episode(f"new{number}", group=group, iteration=1, reward=reward))
    rows = recorded(tmp_path / "run", vocabulary=200)
    assert [row.advantage for row in rows] == [0.5, -0.5]
    assert {row.group for row in rows} == {0}
    assert rows[0].prompt_ids == [2, 3, 4]
    assert rows[0].completion_ids == [7, 1]
    assert rows[0].old_logprobs == pytest.approx([-5.3, -5.3], abs=0.6)


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
