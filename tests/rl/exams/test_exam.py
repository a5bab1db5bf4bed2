"""``clickwright eval`` from its command line to its files, on the house of doors."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clickwright import cli
from clickwright.agents.folder import AgentSettings, save_settings
from clickwright.errors import ClickwrightError
from clickwright.rl.exams.command import evaluate_agents
from clickwright.rl.exams.outcome import Outcome
from clickwright.rl.exams.summary import summarise
from clickwright.rl.trainer import train
from clickwright.trajectories.reader import StoreReader
from tests.rl import doors
from tests.rl.doors import DOORS_ID, FAULTY_ID
from tests.rl.recipes import doors_recipe

SPOKEN = AgentSettings(history=0, max_prompt_tokens=120, max_new_tokens=8, text_budget=99)
SEARCH_ID, SOKOBAN_ID = "clickwright/search.one-hop-v0", "clickwright/sokoban.one-box-v0"


@pytest.fixture(autouse=True)
def registered() -> None:
    """The environments of the house."""
    doors.register()


@pytest.fixture(scope="module")
def model(doors_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows 40 % of the way, and how it is to be prompted."""
    folder = tmp_path_factory.mktemp("agents") / "one"
    shutil.copytree(doors_model, folder)
    save_settings(folder, SPOKEN)
    return folder


@pytest.fixture(scope="module")
def confused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that was taught the door beside the right one."""
    folder = doors.write_model(tmp_path_factory.mktemp("agents") / "two", steps=80, known=0.9, shift=1)
    save_settings(folder, SPOKEN)
    return folder


def evaluated(out: Path) -> dict[str, Any]:
    """The JSON of an evaluation."""
    found: dict[str, Any] = json.loads((out / "eval.json").read_text("utf-8"))
    return found


def outcomes(model: dict[str, Any], section: str) -> list[Outcome]:
    """The episodes it names."""
    return [Outcome.from_json(one) for one in model["episodes"][section]]


def test_the_command_from_end_to_end(model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    args = ["eval", str(model), "--tasks", DOORS_ID, "--episodes", "12", "--tries", "4", "--first-seed", "100"]
    assert cli.main([*args, "--variants", "constraint", "--seed", "1", "--out", str(out)]) == 0
    text = capsys.readouterr().out
    assert "pass@4" in text
    assert "rule kept" in text
    assert (out / "eval.png").stat().st_size > 5_000
    found = evaluated(out)
    (one,) = found["models"]
    plain = one["sections"]["held-out seeds"]
    assert plain["num_episodes"] == 48
    assert sorted(plain["pass_at"], key=int) == ["1", "2", "4"]
    shares = [plain["pass_at"][k]["mean"] for k in ("1", "2", "4")]
    assert shares == sorted(shares)
    assert shares[0] == pytest.approx(plain["success"]["mean"])
    assert 0.1 < shares[0] < 0.9
    assert plain["success"]["low"] < shares[0] < plain["success"]["high"]
    assert plain["tokens_per_success"] > 0
    assert plain["consistency"] is None
    assert found["settings"]["temperature"] == 1.0
    assert (found["settings"]["num_seeds"], found["settings"]["first_seed"]) == (12, 100)


def test_every_number_can_be_traced_to_episodes_that_open(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = evaluate_agents([model], tasks=[DOORS_ID], episodes=10, variants=["constraint"], out=out, say=len)
    found = evaluated(out)
    assert found == json.loads(json.dumps(found, allow_nan=False))
    for name in ("held-out seeds", "constraint"):
        own = outcomes(found["models"][0], name)
        with StoreReader(out) as reader:
            episodes = [reader.episode(one.episode) for one in own]
        assert [episode.success for episode in episodes] == [one.success for one in own]
        assert all(episode.split == "eval" and episode.meta["section"] == name for episode in episodes)
        assert summarise(own).success == report.models[0].sections[name].success
    assert {episode.task for episode in episodes} == {"doors+constraint"}
    assert all(len(episode.goal) > len("out") for episode in episodes)


def test_it_repeats_itself(model: Path, tmp_path: Path) -> None:
    def run(name: str, seed: int) -> dict[str, Any]:
        out = tmp_path / name
        evaluate_agents([model], tasks=[DOORS_ID], episodes=8, tries=2, seed=seed, out=out, say=len)
        return evaluated(out)["models"][0]

    first = run("a", 0)
    assert run("b", 0) == first
    assert run("c", 1)["episodes"] != first["episodes"]


def test_two_models_meet_on_the_same_seeds(model: Path, confused: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    out = tmp_path / "out"
    report = evaluate_agents([confused, model], tasks=[DOORS_ID], episodes=40, out=out, say=lines.append)
    pairs = report.pairs["held-out seeds"]
    assert pairs.num_pairs == 40
    assert pairs.num_unpaired == 0
    assert pairs.difference.mean > 0.5
    assert pairs.difference.low > 0.0
    assert pairs.p_value < 1e-3
    assert pairs.only_second > pairs.only_first
    assert "minus 1" in lines[-2]
    one, other = (outcomes(one, "held-out seeds") for one in evaluated(out)["models"])
    assert [(o.env_id, o.seed) for o in one] == [(o.env_id, o.seed) for o in other]
    assert not {o.episode for o in one} & {o.episode for o in other}


def test_a_model_does_not_differ_from_itself(model: Path, tmp_path: Path) -> None:
    report = evaluate_agents([model, model], tasks=[DOORS_ID], episodes=6, out=tmp_path / "out", say=len)
    pairs = report.pairs["held-out seeds"]
    assert (pairs.difference.mean, pairs.difference.low, pairs.difference.high, pairs.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_held_out_tasks_are_a_section_of_their_own_and_variants_are_of_both(tmp_path: Path) -> None:
    report = evaluate_agents(
        ["oracle", "random"],
        tasks=[SEARCH_ID],
        held_out_tasks=[SOKOBAN_ID],
        episodes=3,
        variants=["infeasible", "constraint:at_most"],
        out=tmp_path / "out",
        say=len,
    )
    oracle, chance = report.models
    assert list(oracle.sections) == ["held-out seeds", "held-out tasks", "infeasible", "constraint:at_most"]
    assert list(oracle.sections["held-out tasks"].tasks) == [SOKOBAN_ID]
    assert list(oracle.sections["constraint:at_most"].tasks) == [SEARCH_ID, SOKOBAN_ID]
    assert list(oracle.sections["infeasible"].tasks) == [SEARCH_ID]
    assert any(SOKOBAN_ID in note and "infeasible" in note for note in report.notes)
    assert all(section.success.mean == 1.0 for section in oracle.sections.values())
    assert oracle.sections["infeasible"].refused.mean == 1.0
    assert oracle.sections["held-out seeds"].refused.mean == 0.0
    assert oracle.family is not None
    assert oracle.family.mean == 1.0
    assert chance.family is not None
    assert chance.family.mean == 0.0
    assert any("too narrow" in note for note in report.notes)


def test_the_run_of_a_model_brings_its_tasks_and_settings(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(model, run / "models" / "final")
    tables = {"name": "r", "env": {"tasks": [DOORS_ID], "max_invalid": 1}, "train": {},
              "evaluate": {"episodes_per_task": 4, "first_seed": 7}}  # fmt: skip
    (run / "recipe.json").write_text(json.dumps(tables), "utf-8")
    report = evaluate_agents([run], out=tmp_path / "out", say=len)
    assert report.plan.tasks == (DOORS_ID,)
    assert report.plan.seeds == (7, 8, 9, 10)
    assert report.plan.env.max_invalid == 1
    with pytest.raises(ClickwrightError, match="was trained on them"):
        evaluate_agents([run], tasks=[SOKOBAN_ID], held_out_tasks=[DOORS_ID], out=tmp_path / "two", say=len)


def test_a_checkpoint_and_what_it_began_from_are_agents_too(model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    recipe = doors_recipe(model, train={"max_iterations": 2, "groups": 4}, checkpoint={"every": 1},
                          evaluate={"episodes_per_task": 4, "first_seed": 3, "base": False})  # fmt: skip
    train(recipe, run_dir=run, say=len)
    first, last = run / "checkpoints" / "iter-000001", run / "checkpoints" / "iter-000002"
    report = evaluate_agents([first, last], episodes=6, out=tmp_path / "out", say=len)
    assert [one.facts["policy_version"] for one in report.models] == [1, 2]
    assert report.plan.tasks == (DOORS_ID,)
    again = evaluate_agents([last, run], episodes=6, out=tmp_path / "again", say=len)
    counted = [[(o.success, o.num_tokens) for o in one.outcomes["held-out seeds"]] for one in again.models]
    assert counted[0] == counted[1]
    before = evaluate_agents([run / "models" / "start"], out=tmp_path / "start", say=len)
    assert before.plan.seeds == (3, 4, 5, 6)
    assert before.models[0].facts["policy_version"] == 0


def test_faults_do_not_count_and_are_told(tmp_path: Path) -> None:
    report = evaluate_agents(["oracle"], tasks=[FAULTY_ID], episodes=30, out=tmp_path / "out", say=len)
    section = report.models[0].sections["held-out seeds"]
    assert section.num_episodes + section.num_faults == 30
    assert section.success.mean == 1.0


def test_models_of_different_languages_are_compared_with_a_warning(model: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(model, other)
    save_settings(other, SPOKEN.model_copy(update={"codec": "hermes"}))
    report = evaluate_agents([model, other], tasks=[DOORS_ID], episodes=4, out=tmp_path / "out", say=len)
    assert any("different languages (canonical, hermes)" in note for note in report.notes)
    assert report.models[1].sections["held-out seeds"].success.mean == 0.0


BAD = [
    (["oracle"], "no task to evaluate"),
    (["oracle", "--tasks", "clickwright-tests/dors-v0"], "doors-v0"),
    (["oracle", "--tasks", DOORS_ID, "--episodes", "0"], "0 episodes: at least 1"),
    (["oracle", "--tasks", DOORS_ID, "--tries", "2", "--pass-at", "1,3"], "pass@3 of 2 tries"),
    (["oracle", "--tasks", DOORS_ID, "--pass-at", "many"], "whole numbers"),
    (["oracle", "--tasks", DOORS_ID, "--tries", "2", "--temperature", "0"], "one try 2 times"),
    (["oracle", "--tasks", DOORS_ID, "--variants", "infeasibel"], "infeasible"),
    (["oracle", "--tasks", DOORS_ID, "--variants", "infeasible"], "no episode has a variant"),
    (["oracle", "--tasks", DOORS_ID, DOORS_ID], "named twice"),
    (["oracle", "--tasks", DOORS_ID, "--held-out-tasks", DOORS_ID], "named twice"),
    (["oracle", "random", "oracle", "--tasks", DOORS_ID], "3 agents"),
    (["orcale", "--tasks", DOORS_ID], "did you mean oracle"),
    (["oracle", "--recipe", "quickstrat"], "quickstart"),
    ([".", "--tasks", DOORS_ID], "no model in"),
]


@pytest.mark.parametrize(("args", "words"), BAD)
def test_bad_input_is_refused_before_anything_is_written(
    args: list[str], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["eval", *args, "--out", "out"]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert not Path("out").exists()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text("x", "utf-8")
    with pytest.raises(ClickwrightError, match="not empty"):
        evaluate_agents(["oracle"], tasks=[DOORS_ID], episodes=1, out=tmp_path, say=len)
