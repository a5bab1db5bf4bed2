"""Learning experiments: what is made, what is not made again, and how it is summed up."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from benchmarks.learning import arms, long_horizon, miniwob_steps, opo, pods, warm_start
from benchmarks.learning.arms import Arm, Experiment
from benchmarks.learning.draw import draw, replaced, table
from clickwright.rl import load_recipe

EXPERIMENTS = [module.EXPERIMENT for module in (long_horizon, opo, pods, warm_start, miniwob_steps)]
PAIR = Experiment(name="pair", question="?", expected="nothing", arms=(Arm(name="plain"), Arm(name="changed")))


def run(arm: str, seed: int, before: float, after: float) -> dict[str, object]:
    return {"arm": arm, "seed": seed, "before": before, "after": after, "curve": [[50, 0.0], [100, after]],
            "command": f"python -m {arm}"}  # fmt: skip


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
def test_the_recipe_of_every_arm_can_be_read(experiment: Experiment) -> None:
    for arm in experiment.arms:
        recipe = load_recipe(experiment.recipe, {**(arm.start or {}), **arm.changes, "warm_start.episodes_per_task": 1})
        assert recipe.train is not None
        assert recipe.model.threads == 1
        assert recipe.record.frames == "none"
    assert len({arm.name for arm in experiment.arms}) == len(experiment.arms)


def test_arms_of_one_name_are_one_thing() -> None:
    known: dict[tuple[Path, str], Arm] = {}
    for experiment in EXPERIMENTS:
        for arm in experiment.arms:
            assert known.setdefault((experiment.recipe, arm.name), arm) == arm


def test_differences_are_taken_seed_by_seed() -> None:
    runs = [
        run("plain", 1, 0.1, 0.2),
        run("plain", 2, 0.1, 0.6),
        run("changed", 2, 0.1, 0.7),
        run("changed", 1, 0, 0.4),
    ]
    found = arms.summary(runs, ["plain", "changed"])
    assert found["plain"]["after"]["mean"] == 0.4
    assert "minus plain" not in found["plain"]
    assert found["changed"]["late minus plain"]["values"] == [0.2, 0.1]
    assert found["changed"]["seeds"] == [1, 2]
    assert found["changed"]["minus plain"]["values"] == [0.2, 0.1]
    # Student's t with one degree of freedom: 12.706 * 0.0707 / sqrt(2)
    assert math.isclose(found["changed"]["minus plain"]["half_width_95"], 0.6353, abs_tol=1e-4)


def test_late_is_the_last_part_by_steps() -> None:
    assert arms.late([[10, 1.0], [600, 1.0], [601, 0.0], [1000, 0.5]]) == 0.25
    assert arms.late([[10, 0.3]]) == 0.3


def test_one_seed_has_no_interval_and_a_seed_without_its_control_no_difference() -> None:
    found = arms.summary([run("plain", 1, 0.1, 0.2), run("changed", 2, 0.1, 0.7)], ["plain", "changed"])
    assert found["plain"]["after"] == {"mean": 0.2, "half_width_95": None, "values": [0.2]}
    assert "minus plain" not in found["changed"]
    assert arms.summary([run("changed", 2, 0.1, 0.7)], ["plain", "changed"]).keys() == {"changed"}


def test_what_is_finished_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []

    def one_run(experiment: Experiment, arm: Arm, seed: int, folder: Path, **others: object) -> None:
        made.append((arm.name, seed))
        folder.mkdir(parents=True)
        (folder / arms.DONE).write_text(json.dumps(run(arm.name, seed, 0.0, seed / 10)))

    monkeypatch.setattr(arms, "one_run", one_run)
    out = tmp_path / "pair.json"
    argv = ["--work", str(tmp_path), "--out", str(out), "--seeds"]
    arms.main(PAIR, [*argv, "3", "--arms", "changed"])
    assert made == [("changed", 3)]
    arms.main(PAIR, [*argv, "3", "4"])
    assert made == [("changed", 3), ("plain", 3), ("plain", 4), ("changed", 4)]
    found = json.loads(out.read_text())
    assert [(one["arm"], one["seed"]) for one in found["runs"]] == [
        ("plain", 3), ("plain", 4), ("changed", 3), ("changed", 4),
    ]  # fmt: skip
    assert found["commands"] == ["python -m changed", "python -m plain"]
    assert found["summary"]["changed"]["minus plain"]["mean"] == 0.0


def test_a_table_shows_intervals_and_differences_and_the_page_keeps_its_words() -> None:
    runs = [run("plain", 1, 0.1, 0.2), run("plain", 2, 0.1, 0.6), run("changed", 1, 0.0, 0.4)]
    told = table({"summary": arms.summary(runs, ["plain", "changed"]), "runs": runs}).split("\n")
    assert told[0].startswith("| arm | seeds | before | after | RL adds | minus plain |")
    assert told[2].startswith("| plain | 2 | 10.0 ± 0.0 | 40.0 ± 254.1 | +30.0 ± 254.1 |  |")
    assert told[3].startswith("| changed | 1 | 0.0 | 40.0 | +40.0 | +20.0 |")
    page = "words\n<!-- table: pair -->\nold\n<!-- end -->\nmore <!-- table: other -->\n<!-- end -->\n"
    assert replaced(page, "pair", "new") == page.replace("old", "new")
    assert replaced(page, "absent", "new") == page


def test_a_picture_of_the_same_results_is_the_same(tmp_path: Path) -> None:
    passes = {"pass_at": {"before": {"1": 0.1, "2": 0.2}, "after": {"1": 0.3, "2": 0.3}}}
    runs = [run("plain", 1, 0.1, 0.2) | {"more": passes}, run("plain", 2, 0.1, 0.6) | {"more": passes}]
    result = {"experiment": "pair", "summary": arms.summary(runs, ["plain"]), "runs": runs}
    for name in ("one", "two"):
        draw(result, tmp_path / f"{name}.svg")
    assert (tmp_path / "one.svg").read_bytes() == (tmp_path / "two.svg").read_bytes()
    assert "pass@k" in (tmp_path / "one.svg").read_text()
