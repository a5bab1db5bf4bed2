"""The command line: what it prints, what it returns, and how it says no."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from clickwright import cli, doctor
from clickwright.cli_commands import settings
from clickwright.errors import ConfigError, UnknownNameError

ROOT = Path(__file__).resolve().parent.parent
COMMANDS = (
    "train", "compare", "eval", "profile", "algorithms", "pretrain", "run", "traj", "view", "envs", "miniwob",
    "check-env", "doctor",
)  # fmt: skip
LIGHTS = """
import clickwright
clickwright.register_env(
    "mine/lights-v0", surface="tests.envs.counter_env:LightsSurface", task="tests.envs.counter_env:LightsOut"
)
"""


@pytest.fixture
def lights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of an environment that a file of the current folder registers."""
    (tmp_path / "lamp.py").write_text(LIGHTS, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return "lamp:mine/lights-v0"


def command(*args: str, code: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, after some code."""
    script = f"import sys\n{code}\nfrom clickwright.cli import main\nsys.exit(main({list(args)!r}))"
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main([name, "--help"])
    assert stop.value.code == 0
    assert f"usage: clickwright {name}" in capsys.readouterr().out


def test_commands_are_the_ones_we_know() -> None:
    actions = cli.build_parser()._subparsers
    assert actions is not None
    assert tuple(actions._group_actions[0].choices or ()) == COMMANDS


def test_a_mistake_is_one_message_and_status_two(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "clickwright/miniwob.click-tset-2-v0"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("clickwright run: unknown environment")
    assert "clickwright/miniwob.click-test-2-v0" in err
    assert "Traceback" not in err


def test_traceback_shows_where_an_error_was_found() -> None:
    with pytest.raises(UnknownNameError):
        cli.main(["--traceback", "run", "clickwright/miniwob.click-tset-2-v0"])


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["train", "quickstrat"], "quickstart"),
        (["train", "quickstart", "--set", "train.lrr=1"], "did you mean lr"),
        (["train", "quickstart", "--set", "train.lr"], "KEY=VALUE"),
        (["train", "nowhere.toml"], "nowhere.toml"),
        (["envs", "--family", "miniwobb"], "miniwob"),
        (["check-env"], "--all"),
        (["miniwob", "oracles", "--task", "click-tset"], "click-test"),
        (["run", "clickwright/miniwob.click-test-v0", "--agent", "orcale"], "oracle"),
        (["traj", "ls", "no-such-run"], "no-such-run"),
        (["traj", "show", "no-such-run", "1"], "no-such-run"),
    ],
)
def test_bad_input_names_what_is_allowed(args: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(args) == 2
    assert expected in capsys.readouterr().err


def test_missing_extra_names_the_command_that_brings_it() -> None:
    done = command("train", "quickstart", code="sys.modules['torch'] = None")
    assert done.returncode == 2
    assert "pip install 'clickwright[train]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_keep_everything_behind_the_first_equals_sign() -> None:
    assert settings(["a.b=1e-3", "c = x=y"]) == {"a.b": "1e-3", "c": "x=y"}
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        settings(["a.b"])


def test_a_reader_that_goes_away_is_no_error() -> None:
    line = f"{sys.executable} -m clickwright envs | head -n 1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.startswith("clickwright/")
    assert done.stderr == ""


def test_envs_lists_every_id(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["envs", "--family", "miniwob"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 100
    assert lines == sorted(lines)
    assert all(line.startswith("clickwright/miniwob.") for line in lines)


def test_run_repeats_itself_and_records(lights: str, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["run", lights, "--agent", "oracle", "--episodes", "3", "--seed", "5", "--digests"]
    assert cli.main([*args, "--record", "first"]) == 0
    first = capsys.readouterr().out
    assert first.splitlines()[-1] == "success 3/3"
    assert cli.main(args) == 0
    assert capsys.readouterr().out == first
    assert cli.main(["run", lights, "--episodes", "3", "--seed", "6", "--digests"]) == 0
    assert capsys.readouterr().out != first

    assert cli.main(["traj", "ls", "first"]) == 0
    assert capsys.readouterr().out.count("lights") >= 3
    assert cli.main(["traj", "show", "first", "1"]) == 0
    assert "click" in capsys.readouterr().out
    assert cli.main(["traj", "show", "first", "1", "--html", "page.html"]) == 0
    assert Path("page.html").read_text("utf-8").lstrip().lower().startswith("<!doctype html>")
    assert cli.main(["traj", "stats", "first"]) == 0


def test_random_agent_says_what_it_gets(lights: str, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["run", lights, "--agent", "random", "--episodes", "2", "--seed", "1"]
    assert cli.main(args) == 0
    first = capsys.readouterr().out
    assert "success " in first.splitlines()[-1]
    assert cli.main(args) == 0
    assert capsys.readouterr().out == first


def test_check_env_passes_a_sound_environment(lights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check-env", lights]) == 0
    assert " 0 failed" in capsys.readouterr().out


def test_check_env_returns_one_for_a_broken_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = LIGHTS.replace("LightsOut", "BadScorer").replace("mine/lights", "mine/broken-lights")
    (tmp_path / "broken_lamp.py").write_text(broken, "utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert cli.main(["check-env", "broken_lamp:mine/broken-lights-v0"]) == 1
    assert "failed" in capsys.readouterr().out


def test_miniwob_oracles_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["miniwob", "oracles"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    num_with, num_tasks = (int(word) for word in first.split() if word.isdigit())
    assert num_tasks > 100
    assert 60 <= num_with <= num_tasks


@pytest.mark.browser
def test_miniwob_audit_plays_the_oracle(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["miniwob", "oracles", "--audit", "2", "--task", "click-test-2", "--split", "eval"]) == 0
    assert "2/2" in capsys.readouterr().out


@pytest.mark.browser
def test_doctor_finds_this_machine_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    status = cli.main(["doctor", "--json"])
    report = json.loads(capsys.readouterr().out)
    found = {finding["name"]: finding for finding in report["findings"]}
    assert status == (0 if report["usable"] else 1)
    assert found["browser"]["ok"], found["browser"]
    assert found["extra web"]["ok"]
    assert "torch 2" in found["extra train"]["value"]


def test_doctor_without_a_browser_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    (finding,) = doctor.examine(browser_only=True)
    assert not finding.ok
    assert "apt-get install" in finding.fix
    assert not doctor.usable([finding])


def test_doctor_text_puts_what_is_missing_and_its_mend_last() -> None:
    findings = [
        doctor.Finding(name="python", value="3.12"),
        doctor.Finding(name="extra web", value="missing: playwright", ok=False, fix="pip install 'clickwright[web]'"),
        doctor.Finding(
            name="extra ray", value="missing: ray", ok=False, needed=False, fix="pip install 'clickwright[ray]'"
        ),
    ]
    text = doctor.as_text(findings)
    assert [line.split()[0] for line in text.splitlines()[:3]] == ["ok", "MISSING", "absent"]
    assert "To mend what is missing:\n  pip install 'clickwright[web]'" in text
    assert "pip install 'clickwright[ray]'" in text.split("If you want them:")[1]
    assert not doctor.usable(findings)
    assert doctor.usable(findings[::2])
