"""``clickwright traj export`` and ``import``, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clickwright.agents.tiny import BASE_DIR
from clickwright.agents.weights import load_tokenizer
from clickwright.cli import build_parser, main
from clickwright.cli_exchange import language_of
from clickwright.errors import ConfigError
from clickwright.trajectories.annotations.book import AnnotationBook
from clickwright.trajectories.annotations.models import Annotation, Where
from clickwright.trajectories.exports.registry import EXPORTERS
from clickwright.trajectories.imports.registry import IMPORTERS
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.store import StoreWriter
from tests.trajectories.imports.foreign import write_agentlab, write_osworld
from tests.trajectories.rich import BASE, click, write_rich_run


def test_a_run_goes_out_and_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_rich_run(tmp_path / "run")
    assert (
        main(["traj", "export", str(run), "--to", "atif", "--out", str(tmp_path / "out"), "--layer", "advantage"]) == 0
    )
    assert "atif: 6 episodes, 8 steps, 8 screens" in capsys.readouterr().out
    assert main(["traj", "import", "--from", "atif", str(tmp_path / "out"), str(tmp_path / "back")]) == 0
    assert "not carried:" in capsys.readouterr().out
    with StoreReader(run) as old, StoreReader(tmp_path / "back") as new:
        assert old.ids() == new.ids()


def test_filters_and_annotations_reach_the_rows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_rich_run(tmp_path / "run")
    said = {"at": {"episode": "fork-1", "t": 0}, "kind": "label", "value": "good", "author": "ann"}
    (tmp_path / "notes.jsonl").write_text(json.dumps(said) + "\n", "utf-8")
    out = tmp_path / "out"
    asked = ["--label", "good", "--annotations", str(tmp_path / "notes.jsonl"), "--style", "text", "--split", "train"]
    assert main(["traj", "export", str(run), "--to", "sft", "--out", str(out), *asked]) == 0
    rows = pq.read_table(out / "data" / "train-00000-of-00001.parquet").to_pylist()
    assert [row["completion"] for row in rows] == ["think 1\nclick [2]"]
    assert "5  steps not labelled good" in capsys.readouterr().out


def test_labels_and_corrections_of_the_viewer_go_out_too(tmp_path: Path) -> None:
    run = write_rich_run(tmp_path / "run")
    place = Where(episode="fork-1", t=0)
    with AnnotationBook(run) as book:
        book.add(Annotation(at=place, kind="label", value="good", author="ann"))
        book.add(Annotation(at=place, kind="correction", value={"action": click(7)}, author="ann"))
        book.add(Annotation(at=Where(episode="fork-1", t=1), kind="label", value="good", author="ann"))
        book.undo("ann")
    asked = ["--to", "sft", "--out", str(tmp_path / "out"), "--label", "good", "--style", "text", "--split", "train"]
    assert main(["traj", "export", str(run), *asked]) == 0
    rows = pq.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet").to_pylist()
    assert [row["completion"].splitlines()[-1] for row in rows] == ["click [7]"]


def test_prompts_as_sent_are_decoded_by_the_models_own_tokenizer(tmp_path: Path) -> None:
    sent = 'goal: Click Ok.\npage:\nbutton "Ok" [1]\nact:\n'
    ids = tuple(load_tokenizer(BASE_DIR)(sent)["input_ids"])
    step = Step(t=0, state_key="k", prompt_ids=ids, completion_ids=(5,), logprobs=(-0.5,), action=click(1))
    with StoreWriter(tmp_path / "run") as writer:
        writer.add(Episode(id="one", **BASE, status=Status.TERMINATED, steps=(step,)))
    asked = ["--to", "sft", "--out", str(tmp_path / "out"), "--model", str(BASE_DIR)]
    assert main(["traj", "export", str(tmp_path / "run"), *asked]) == 0
    rows = pq.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet").to_pylist()
    assert rows[0]["prompt"] == sent
    report = json.loads((tmp_path / "out" / "loss-report.json").read_text("utf-8"))
    assert "prompts as sent" not in report["lost"]


def test_a_models_language_writes_corrections(tmp_path: Path) -> None:
    language = language_of(tmp_path, model=BASE_DIR)
    assert language.say({"kind": "click", "target": {"ref": 3}}, "") == "click [3]"
    assert language.thought is not None
    assert language.thought("click [3]") == ""
    assert language_of(tmp_path).decode is None
    with pytest.raises(ConfigError, match="no model"):
        language_of(tmp_path, model=tmp_path)


def test_imports_read_their_dialects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_osworld(tmp_path / "results")
    assert main(["traj", "import", "--from", "osworld", str(tmp_path / "results"), str(tmp_path / "a")]) == 0
    write_agentlab(tmp_path / "study")
    assert main(["traj", "import", "--from", "agentlab", str(tmp_path / "study"), str(tmp_path / "b")]) == 0
    assert "4  pickles: " in capsys.readouterr().out
    with StoreReader(tmp_path / "a") as reader:
        kinds = [step.action["kind"] for step in reader.episode(*reader.ids()).steps]
        assert kinds == ["click", "type", "press", "finish"]
    with StoreReader(tmp_path / "b") as reader:
        steps = reader.episode(*reader.ids()).steps
        assert steps[0].action["target"] == {"ref": 12, "name": None}
        assert steps[1].action == {"kind": "say", "text": "ok"}


def test_a_mistake_is_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = write_rich_run(tmp_path / "run")
    assert main(["traj", "export", str(run), "--to", "minary", "--out", str(tmp_path / "out")]) == 2
    assert "did you mean minari" in capsys.readouterr().err
    assert main(["traj", "export", str(run), "--to", "atif", "--out", str(run)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert main(["traj", "import", "--from", "atif", str(tmp_path / "none"), str(tmp_path / "x")]) == 2
    assert "there is no file or folder" in capsys.readouterr().err


def test_help_names_every_format(capsys: pytest.CaptureFixture[str]) -> None:
    for action, names in (("export", EXPORTERS), ("import", IMPORTERS)):
        with pytest.raises(SystemExit):
            build_parser().parse_args(["traj", action, "--help"])
        told = capsys.readouterr().out
        assert not [name for name in names if name not in told]
