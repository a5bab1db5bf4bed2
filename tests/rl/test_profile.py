"""Profiling a policy, and training on what it can solve."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clickwright.cli import main
from clickwright.errors import ConfigError, DamagedFileError
from clickwright.rl import commands, train
from clickwright.rl.pass_rates import PassRate, PassRates, read_pass_rates, write_pass_rates
from clickwright.rl.replay_sections import TaskFilter
from clickwright.rl.task_filter import filtered
from clickwright.trajectories.reader import StoreReader
from tests.rl.doors import DOORS_ID, FAULTY_ID
from tests.rl.recipes import doors_recipe
from tests.rl.test_commands import TOML

RATES = {name: PassRate(tries=16, successes=won) for name, won in (("never", 0), ("once", 1), ("half", 8), ("all", 16))}


@pytest.mark.parametrize(
    ("section", "kept"),
    [
        ({}, ("once", "half", "all")),
        ({"min_successes": 2}, ("half", "all")),
        ({"max_rate": 0.9}, ("once", "half")),
        ({"min_successes": 0, "max_rate": 0.9}, ("never", "once", "half")),
        ({"min_rate": 0.5, "max_rate": 0.5}, ("half",)),
    ],
)
def test_which_tasks_stay(section: dict[str, float], kept: tuple[str, ...]) -> None:
    found = filtered(list(RATES), RATES, TaskFilter.model_validate(section))
    assert found.kept == kept
    assert set(found.dropped) == set(RATES) - set(kept)


def test_why_a_task_goes() -> None:
    found = filtered(list(RATES), RATES, TaskFilter(max_rate=0.9))
    assert found.dropped == {
        "never": "0 of 16 tries, under min_successes = 1",
        "all": "16 of 16 tries, over max_rate = 0.9",
    }


def test_no_task_left_and_no_task_known_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"leaves no task \(never: 0 of 16 tries.*profile a stronger policy"):
        filtered(["never"], RATES, TaskFilter())
    with pytest.raises(ConfigError, match="knows nothing of another"):
        filtered(["once", "another"], RATES, TaskFilter())
    with pytest.raises(ValueError, match="is over max_rate"):
        TaskFilter(min_rate=0.6, max_rate=0.5)


def test_profile_tries_every_task_and_writes_what_a_training_reads(doors_model: Path, tmp_path: Path) -> None:
    recipe, lines = tmp_path / "doors.toml", list[str]()
    recipe.write_text(TOML.format(name="grpo", model="base", task=DOORS_ID))
    out, run = tmp_path / "rates.json", tmp_path / "run"
    found = commands.profile(str(recipe), model=doors_model, tries=12, out=out, run_dir=run, say=lines.append)
    assert read_pass_rates(out) == found
    rate = found.tasks[DOORS_ID]
    assert rate.tries == 12
    assert 0 < rate.successes < 12
    assert found.policy == str(doors_model)
    with StoreReader(run) as reader:
        tries = reader.episodes(split="train")
        assert sum(head.episode.success for head in tries) == rate.successes
        assert len({head.episode.seed for head in tries}) == 12
    assert f"{rate.successes} of 12" in lines[-1]
    assert json.loads((run / "recipe.json").read_text())["name"] == "grpo-profile"
    again = commands.profile(str(recipe), model=doors_model, tries=12, run_dir=tmp_path / "again", say=lines.append)
    assert again.tasks == found.tasks
    assert (tmp_path / "again" / "pass_rates.json").is_file()


def test_a_training_leaves_out_what_the_filter_drops_and_says_so(doors_model: Path, tmp_path: Path) -> None:
    file, lines = tmp_path / "rates.json", list[str]()
    rates = {DOORS_ID: PassRate(tries=4, successes=2), FAULTY_ID: PassRate(tries=4, successes=0)}
    write_pass_rates(file, PassRates(policy="x", tasks=rates))
    section = {"max_iterations": 1, "groups": 4, "pass_rates": str(file), "task_filter": {"min_successes": 1}}
    recipe = doors_recipe(doors_model, tasks=(DOORS_ID, FAULTY_ID), train=section, evaluate={"episodes_per_task": 1})
    train(recipe, run_dir=tmp_path / "run", say=lines.append)
    assert f"task filter: {FAULTY_ID} is left out of RL, 0 of 4 tries, under min_successes = 1" in lines
    with StoreReader(tmp_path / "run") as reader:
        assert {head.episode.env_id for head in reader.episodes(split="train")} == {DOORS_ID}


@pytest.mark.parametrize(("text", "error"), [(None, ConfigError), ("nonsense", DamagedFileError)])
def test_a_profile_that_cannot_be_read_stops_before_a_folder_is_made(
    doors_model: Path, tmp_path: Path, text: str | None, error: type[Exception]
) -> None:
    file = tmp_path / "rates.json"
    if text is not None:
        file.write_text(text)
    recipe = doors_recipe(doors_model, train={"pass_rates": str(file), "task_filter": {"min_successes": 1}})
    with pytest.raises(error, match="profile"):
        train(recipe, run_dir=tmp_path / "run", say=lambda text: None)
    assert not (tmp_path / "run").exists()


def test_the_command_names_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", "arpo-miniwob", "--model", str(tmp_path)]) == 2
    assert "no model in" in capsys.readouterr().err
    assert main(["profile", "arpo-miniwbo"]) == 2
    assert "did you mean arpo-miniwob" in capsys.readouterr().err
