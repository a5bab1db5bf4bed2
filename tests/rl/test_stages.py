"""Staged recipes: gates, tries, weights handed on, mistakes told at once, and on from the middle of a stage."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from clickwright.cli import main
from clickwright.errors import ConfigError, DamagedFileError, UnknownNameError
from clickwright.rl.commands import train
from clickwright.rl.metrics import read_metrics
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.staged_recipe import Gate, StagedRecipe, load_staged
from clickwright.rl.stages import FILE, check_stages, train_stages
from clickwright.trajectories.reader import StoreReader
from tests.rl.doors import DOORS_ID
from tests.rl.recipes import doors_recipe


def silent(text: str) -> None:
    """Say nothing."""


def write_recipe(path: Path, tables: dict[str, Any]) -> Path:
    """A recipe's tables as TOML; JSON is TOML for the values in question."""

    def lines(prefix: str, table: dict[str, Any]) -> list[str]:
        plain = {key: value for key, value in table.items() if not isinstance(value, dict) and value is not None}
        nested = {key: value for key, value in table.items() if isinstance(value, dict)}
        head = [f"[{prefix}]"] if prefix else []
        result = head + [f"{key} = {json.dumps(value)}" for key, value in plain.items()]
        for key, value in nested.items():
            result += lines(f"{prefix}.{key}" if prefix else key, value)
        return result

    path.write_text("\n".join(lines("", tables)) + "\n")
    return path


def stage_file(folder: Path, name: str, model: Path, **sections: Any) -> str:
    recipe = doors_recipe(model, rollout={"deterministic": True}, **sections)
    return str(write_recipe(folder / f"{name}.toml", recipe.model_dump(mode="json", exclude_unset=True)))


@pytest.fixture
def staged(doors_model: Path, tmp_path: Path) -> dict[str, Any]:
    """Three stages on the house of doors: demonstrations, recorded states, episodes."""
    demos = {"episodes_per_task": 12, "epochs": 2, "lr": 1e-3, "label_refs": False}
    states = {"states": {"run": "none"}, "max_iterations": 4, "algorithm": {"name": "grpo"}}
    return {
        "name": "three",
        "stages": [
            {
                "name": "format",
                "recipe": stage_file(tmp_path, "format", doors_model, train=None, warm_start=demos),
                "gate": {"measure": "valid", "at_least": 0.5},
            },
            {
                "name": "states",
                "recipe": stage_file(tmp_path, "states", doors_model, train=states),
                "settings": {"train.states.run": "{format}"},
            },
            {
                "name": "episodes",
                "recipe": stage_file(tmp_path, "episodes", doors_model, train={"max_iterations": 4}),
                "settings": {"checkpoint.every": 1},
            },
        ],
    }


def test_three_stages_hand_their_weights_on(staged: dict[str, Any], tmp_path: Path) -> None:
    recipe = StagedRecipe.model_validate(staged)
    home = tmp_path / "run"
    result = train_stages(recipe, run_dir=home, say=silent)
    assert result is not None
    assert result.run_dir == home / "3-episodes"
    book = json.loads((home / FILE).read_text())
    assert [(one["stage"], one["opened"]) for one in book["finished"]] == [
        ("format", True), ("states", True), ("episodes", True),
    ]  # fmt: skip
    assert book["finished"][0]["value"] >= 0.5
    for before, after in (("1-format", "2-states"), ("2-states", "3-episodes")):
        saved = json.loads((home / after / "recipe.json").read_text())
        assert saved["model"]["source"] == str(home / before / "models/final")
    with StoreReader(home / "2-states") as reader:
        answers = list(reader.whole_episodes(split="train"))
    assert len(answers) == 4 * 8 * 8
    assert {len(episode.steps) for episode in answers} == {1}
    assert all(episode.meta["state_of"]["episode"].startswith("demo") for episode in answers)
    for episode in answers:
        step = episode.steps[0]
        assert step.reward == pytest.approx(float(step.action_valid) + float(episode.success))
    rates = [row["rollout/success"] for row in read_metrics(home / "2-states") if row["event"] == "iteration"]
    assert rates[-1] > rates[0]
    assert train_stages(recipe, run_dir=home, resume=True, say=silent) is None


def test_a_shut_gate_is_tried_again_from_its_own_weights_and_then_stops(staged: dict[str, Any], tmp_path: Path) -> None:
    staged["stages"][0]["gate"] = {"measure": "num_steps", "at_least": 50, "tries": 2}
    recipe = StagedRecipe.model_validate(staged)
    with pytest.raises(ConfigError, match=r"num_steps is .*>= 50: shut after 2 tries: train that stage longer"):
        train_stages(recipe, run_dir=tmp_path / "run", say=silent)
    saved = json.loads((tmp_path / "run/1-format.2/recipe.json").read_text())
    assert saved["model"]["source"] == str(tmp_path / "run/1-format/models/final")
    assert saved["seed"] == 1000
    assert not (tmp_path / "run/2-states").exists()
    with pytest.raises(ConfigError, match="shut after 2 tries"):
        train_stages(recipe, run_dir=tmp_path / "run", resume=True, say=silent)


def test_a_gate_that_may_stay_shut(staged: dict[str, Any], tmp_path: Path) -> None:
    staged["stages"] = [staged["stages"][0]]
    staged["stages"][0]["gate"] = {"at_least": 1.1, "otherwise": "go_on"}
    said: list[str] = []
    assert train_stages(StagedRecipe.model_validate(staged), run_dir=tmp_path / "run", say=said.append) is not None
    assert any("its gate asks for success >= 1.1: shut" in line for line in said)


KILLED = textwrap.dedent(
    """
    import json, os, signal, sys
    from pathlib import Path
    from clickwright.rl import loop
    from clickwright.rl.staged_recipe import StagedRecipe
    from clickwright.rl.stages import train_stages
    from tests.rl import doors

    doors.register()
    recipe = StagedRecipe.model_validate(json.loads(sys.argv[1]))
    iterate = loop.Loop.iterate

    def dying(self):
        if self.work.run_dir.name == "3-episodes" and self.state.iteration == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return iterate(self)

    loop.Loop.iterate = dying
    train_stages(recipe, run_dir=Path(sys.argv[2]), say=lambda text: None)
    """
)


def test_killed_in_the_middle_of_the_last_stage_and_taken_up(staged: dict[str, Any], tmp_path: Path) -> None:
    recipe = StagedRecipe.model_validate(staged)
    train_stages(recipe, run_dir=tmp_path / "whole", say=silent)
    home = tmp_path / "killed"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", KILLED, recipe.model_dump_json(), str(home)], cwd=root, check=False, timeout=50
    )
    assert done.returncode == -9
    assert len(json.loads((home / FILE).read_text())["finished"]) == 2
    result = train_stages(recipe, run_dir=home, resume=True, say=silent)
    assert result is not None
    assert result.num_iterations == 4

    def rewards(run: Path) -> dict[int, float]:
        return {
            row["iteration"]: row["rollout/score"]
            for row in read_metrics(run / "3-episodes") if row["event"] == "iteration"
        }  # fmt: skip

    assert rewards(home) == rewards(tmp_path / "whole")
    weights = [(run / "3-episodes/models/final/model.safetensors").read_bytes() for run in (home, tmp_path / "whole")]
    assert weights[0] == weights[1]


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda plan: plan["stages"][2]["settings"].update({"model.source": "{later}"}), ConfigError, "before it: "),
        (lambda plan: plan["stages"][0]["settings"].update(a="{format}"), ConfigError, "none: it is the first stage"),
        (lambda plan: plan["stages"][2]["settings"].update({"train.lrr": 1}), UnknownNameError, "lrr"),
        (lambda plan: plan["stages"][2].update(recipe="quickstrat"), UnknownNameError, "quickstart"),
        (
            lambda plan: plan["stages"][1].update(settings={"train.guides": [{"name": "expert_prefix"}]}),
            ConfigError,
            "no guide acts",
        ),
    ],
)  # fmt: skip
def test_a_mistake_in_a_late_stage_is_told_before_the_first_runs(
    staged: dict[str, Any], tmp_path: Path, change: Any, error: type[Exception], message: str
) -> None:
    for stage in staged["stages"]:
        stage.setdefault("settings", {})
    change(staged)
    with pytest.raises(error, match=message):
        train_stages(StagedRecipe.model_validate(staged), run_dir=tmp_path / "run", say=silent)
    assert not (tmp_path / "run").exists()


def test_folders_that_hold_something_else(staged: dict[str, Any], tmp_path: Path) -> None:
    recipe = StagedRecipe.model_validate(staged)
    home = tmp_path / "run"
    with pytest.raises(ConfigError, match="holds no staged run"):
        train_stages(recipe, run_dir=home, resume=True, say=silent)
    home.mkdir()
    (home / FILE).write_text("{")
    with pytest.raises(ConfigError, match="already holds a run"):
        train_stages(recipe, run_dir=home, say=silent)
    with pytest.raises(DamagedFileError, match="cannot be read"):
        train_stages(recipe, run_dir=home, resume=True, say=silent)
    (home / FILE).write_text(json.dumps({"recipe": {**recipe.model_dump(mode="json"), "seed": 5}}))
    with pytest.raises(ConfigError, match="started by another recipe"):
        train_stages(recipe, run_dir=home, resume=True, say=silent)


def test_gates_and_names_are_checked() -> None:
    with pytest.raises(ValueError, match="always open"):
        Gate()
    assert not Gate(at_most=3.0).opens(3.1)
    assert Gate(at_least=1, at_most=2).text() == "success >= 1 and <= 2"
    stage = {"name": "a", "recipe": "quickstart"}
    with pytest.raises(ValueError, match="names of their own"):
        StagedRecipe.model_validate({"name": "x", "stages": [stage, stage]})


def test_the_shipped_staged_recipe_and_its_overrides(capsys: pytest.CaptureFixture[str]) -> None:
    recipe = load_staged("mobile-r1", {"seed": "3", "states.train.lr": "1e-4"})
    check_stages(recipe)
    assert recipe.seed == 3
    second = recipe.recipe_of(recipe.stages[1], folders={"format": "here"}, weights="there")
    assert second.train is not None
    assert second.train.lr == 1e-4
    assert second.train.states is not None
    assert second.train.states.run == "here"
    assert second.model.source == "there"
    assert second.warm_start is None
    with pytest.raises(UnknownNameError, match="setting of mobile-r1"):
        load_staged("mobile-r1", {"train.lr": "1"})
    assert main(["train", "mobile-r1", "--resume", "iter-000001"]) == 2
    assert "stages" in capsys.readouterr().err


def test_self_training_learns_from_its_own_successes(doors_model: Path, tmp_path: Path) -> None:
    assert load_recipe("self-training").train_loss() is not None
    sections = {"algorithm": {"name": "none"}, "loss": {"name": "filtered_sft"}, "max_iterations": 8, "ppo_epochs": 2}
    path = stage_file(tmp_path, "self", doors_model, train=sections)
    result = train(path, run_dir=tmp_path / "run", say=silent)
    assert result is not None
    rates = [row["rollout/success"] for row in read_metrics(tmp_path / "run") if row["event"] == "iteration"]
    assert sum(rates[-2:]) / 2 > rates[0] + 0.2
    assert {DOORS_ID} == set(result.evaluations["final"].tasks)
