"""The small parts of the loop: task choice, learning rate, random streams, metrics, clock, tables."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from clickwright.rl.clock import PhaseClock
from clickwright.rl.comparison import Comparison, Result
from clickwright.rl.curves import draw_curves
from clickwright.rl.evaluate import Evaluation, TaskScore, task_score
from clickwright.rl.metrics import MetricsLog, read_metrics
from clickwright.rl.progress import Progress
from clickwright.rl.recipe import Train
from clickwright.rl.registry import Options, Registry
from clickwright.rl.report import final_table
from clickwright.rl.schedule import learning_rate
from clickwright.rl.statistics import interval
from clickwright.trajectories.records import Episode, Status, Step


@pytest.mark.parametrize("schedule", ["constant", "linear", "cosine"])
def test_rates_rise_and_fall_within_bounds(schedule: str) -> None:
    section = Train.model_validate({"lr": 1.0, "schedule": schedule, "lr_floor": 0.1, "max_iterations": 10})
    rates = [learning_rate(section, iteration=i, elapsed_s=0.0) for i in range(11)]
    assert rates[0] == pytest.approx(0.5, abs=0.05)
    assert rates[10] == pytest.approx(1.0 if schedule == "constant" else 0.1)
    timed = section.model_copy(update={"max_seconds": 100.0})
    assert learning_rate(timed, iteration=2, elapsed_s=100.0) == pytest.approx(rates[10])
    counted = section.model_copy(update={"max_env_steps": 500})
    assert learning_rate(counted, iteration=2, elapsed_s=0.0, num_steps=500) == pytest.approx(rates[10])
    assert learning_rate(counted, iteration=2, elapsed_s=0.0, num_steps=0) == pytest.approx(rates[2])


def test_metrics_keep_only_what_a_resume_did_not_take_back(tmp_path: Path) -> None:
    with MetricsLog(tmp_path) as log:
        for iteration in (1, 2, 3):
            log.write("iteration", iteration, {"x": iteration / 3, "bad": math.nan})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"event": "iteration", "itera')
    (tmp_path / "metrics.jsonl").write_text((tmp_path / "metrics.jsonl").read_text() + "\n")
    with MetricsLog(tmp_path) as log:
        log.write("resume", 1, {})
        log.write("iteration", 2, {"x": 9.0})
    rows = read_metrics(tmp_path)
    assert [(row["event"], row["iteration"]) for row in rows] == [("iteration", 1), ("resume", 1), ("iteration", 2)]
    assert rows[0]["bad"] is None
    assert rows[-1]["x"] == 9.0


def test_metrics_reach_tensorboard(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with MetricsLog(tmp_path, tensorboard=True) as log:
        log.write("iteration", 7, {"train/loss": 0.25})
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [(one.step, one.value) for one in events.Scalars("train/loss")] == [(7, 0.25)]


def test_the_clock_explains_all_time() -> None:
    clock = PhaseClock()
    with clock.phase("train"):
        sum(range(200_000))
    shares = clock.shares()
    assert shares["train_share"] > 0.5
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-6)
    assert clock.spent_s("train") == 0.0


def score(success: float) -> TaskScore:
    """A task's result."""
    return TaskScore(num_episodes=10, num_faults=0, success=success, score=success, num_steps=2.0, invalid=0.0)


def evaluation(stage: str, *success: float) -> Evaluation:
    """An evaluation of tasks a, b, ..."""
    return Evaluation(stage=stage, tasks={f"x/f.{name}-v0": score(s) for name, s in zip("abc", success, strict=False)})


def test_faulted_episodes_do_not_count() -> None:
    good = Episode(id="1", env_id="e", task="t", seed=0, goal="", status=Status.TERMINATED, success=True)
    cut = Episode(id="2", env_id="e", task="t", seed=0, goal="", status=Status.TRUNCATED)
    cut = Episode(**{**{k: getattr(cut, k) for k in ("id", "env_id", "task", "seed", "goal", "status")},
                     "steps": (Step(t=0, state_key="", reward=-0.1, action_valid=False),)})  # fmt: skip
    lost = Episode(id="3", env_id="e", task="t", seed=0, goal="", status=Status.FAULT, fault={"kind": "browser"})
    found = task_score([good, cut, lost])
    assert (found.num_episodes, found.num_faults, found.success, found.invalid) == (2, 1, 0.5, 1.0)
    assert task_score([lost]).success == 0.0


def test_tables_show_every_task_and_stage(tmp_path: Path) -> None:
    evaluations = {"base": evaluation("base", 0.1, 0.3), "final": evaluation("final", 1.0, 0.5)}
    table = final_table(evaluations)
    assert "a" in table
    assert "100 %" in table
    assert table.splitlines()[-1].split() == ["mean", "20.0", "%", "75.0", "%"]
    assert Evaluation.from_json(evaluations["base"].as_json()) == evaluations["base"]
    assert draw_curves(tmp_path / "c.png", [], evaluations, title="t").stat().st_size > 1000


def test_intervals_are_students() -> None:
    mean, half = interval([0.8, 0.9, 1.0])
    assert (mean, half) == (pytest.approx(0.9), pytest.approx(4.303 * 0.1 / math.sqrt(3)))
    assert math.isnan(interval([0.5])[1])


def test_a_comparison_pairs_seeds() -> None:
    results = [
        Result(
            recipe="r",
            seed=s,
            seconds=60.0,
            evaluations={"warm": evaluation("warm", w), "final": evaluation("final", f)},
        )
        for s, (w, f) in enumerate([(0.5, 0.8), (0.6, 0.9), (0.4, 0.7)])
    ]
    comparison = Comparison(results)
    assert comparison.lift("r") == pytest.approx([0.3] * 3)
    summary = comparison.as_json()["summary"]["r"]
    assert summary["final"]["mean"] == pytest.approx(0.8)
    assert summary["lift"]["half_width_95"] == pytest.approx(0.0, abs=1e-9)
    assert "80.0 +- 24.8" in comparison.table()


def test_progress_speaks_plainly_without_a_terminal() -> None:
    lines: list[str] = []
    with Progress(lines.append).stage("things", 2, "pieces") as tracker:
        tracker.advance()
        tracker.advance(note="good")
    assert len(lines) == 1
    assert lines[0].startswith("things: 2/2 pieces")
    assert lines[0].endswith("good")


def test_progress_draws_bars_in_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(live=True).stage("things", 2, "pieces") as tracker:
        tracker.advance(2, time_left_s=5.0)
    assert "2/2" in capsys.readouterr().out


def test_a_plugin_is_one_class_and_a_name_is_taken_once() -> None:
    registry: Registry[object] = Registry("shape")

    class Circle:
        class Options(Options):
            radius: float = 1.0

        def __init__(self, options: Options) -> None:
            self.options = options

    registry.register("circle")(Circle)
    with pytest.raises(ValueError, match="registered twice"):
        registry.register("circle")(Circle)
    assert list(registry) == ["circle"]
