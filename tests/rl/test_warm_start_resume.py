"""A warm start that was cut off goes on from its checkpoint, and comes to the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clickwright.rl import checkpoint, train, warmstart
from clickwright.rl.metrics import read_metrics
from tests.rl.recipes import doors_recipe


class Cut(Exception):
    """The session ends here."""


def test_it_goes_on_where_it_was_cut_off(doors_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    demos = {"episodes_per_task": 16, "epochs": 3, "batch_rows": 4, "lr": 1e-3, "label_refs": False}
    recipe = doors_recipe(doors_model, train=None, warm_start=demos, checkpoint={"warm_every": 5})

    def run(name: str, **more: Any) -> bytes:
        train(recipe, run_dir=tmp_path / name, say=lambda text: None, **more)
        return (tmp_path / name / "models/final/model.safetensors").read_bytes()

    whole = run("whole")
    backward, calls = warmstart.backward, []

    def counted(*args: Any, **kwargs: Any) -> Any:
        calls.append(None)
        if len(calls) == 13:
            raise Cut
        return backward(*args, **kwargs)

    monkeypatch.setattr(warmstart, "backward", counted)
    with pytest.raises(Cut):
        run("cut")
    found = checkpoint.find(tmp_path / "cut" / warmstart.PART_WAY)
    assert found is not None
    assert found.name == "iter-000010"
    del calls[:]
    monkeypatch.setattr(warmstart, "backward", lambda *args, **kwargs: calls.append(None) or backward(*args, **kwargs))
    assert run("cut", resume=True) == whole
    num_steps = next(row["warm/steps"] for row in read_metrics(tmp_path / "cut") if row["event"] == "warm-start")
    assert len(calls) == num_steps - 10 > 5
