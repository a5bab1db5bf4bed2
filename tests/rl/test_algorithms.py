"""The list of algorithms: complete, sourced, current on its page; and combinations that are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from clickwright.cli import main
from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.algorithms import REGISTRIES, entries, listing, page
from clickwright.rl.algorithms import main as write_page
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.registry import Entry, Registry

ROOT = Path(__file__).resolve().parents[2]


def test_the_committed_page_is_what_the_registries_say(tmp_path: Path) -> None:
    committed = ROOT / "docs" / "algorithms.md"
    assert committed.read_text("utf-8") == page(), "run: python -m clickwright.rl.algorithms docs/algorithms.md"
    assert write_page([str(tmp_path / "page.md")]) == 0
    assert (tmp_path / "page.md").read_text("utf-8") == page()


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: f"{entry.kind} {entry.name}")
def test_every_algorithm_has_a_line_and_a_source(entry: Entry) -> None:
    assert len(entry.about) > 15
    assert entry.about.endswith(".")
    assert len(entry.source) > 10
    assert "\n" not in entry.source


def test_the_source_is_the_first_sentence_after_its_name() -> None:
    known = {(entry.kind, entry.name): entry for entry in entries()}
    assert known["estimator", "grpo"].source.startswith("Shao et al., DeepSeekMath (arXiv 2402.03300), section 4.1")
    assert known["estimator", "gigpo"].source.endswith("``gigpo/core_gigpo.py``")
    assert known["loss", "ppo"].source.endswith("DAPO (arXiv 2503.14476)")
    assert known["multiplier", "semantic_entropy"].unchecked
    assert not known["estimator", "rloo"].unchecked


def test_every_registered_name_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["algorithms"]) == 0
    out = capsys.readouterr().out
    assert out.strip() == listing()
    for registry in REGISTRIES:
        for name in registry:
            assert f"\n  {name} " in out
    assert main(["algorithms", "--kind", "kl"]) == 0
    assert "k3" in capsys.readouterr().out
    assert main(["algorithms", "--kind", "los"]) == 2
    assert "did you mean loss" in capsys.readouterr().err


@pytest.mark.parametrize("registry", REGISTRIES, ids=lambda registry: registry.kind)
def test_a_name_with_a_slip_is_answered_with_the_right_one(registry: Registry[Any]) -> None:
    for name in registry:
        if len(name) > 4:
            with pytest.raises(UnknownNameError, match=name):
                registry.build(name[:-1] + "~")


NONE = {"train.algorithm": {"name": "none"}}


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"train.loss": {"name": "gvpo"}}, r"reads the scores of episodes.*name = \"none\""),
        (NONE, "multiplies advantages, and algorithm 'none' gives none"),
        ({"train.loss": {"name": "sft"}} | NONE, "whatever it earned"),
        ({"train.loss": {"name": "disco"}, "train.multipliers": [{"name": "difficulty"}]} | NONE, "change nothing"),
        ({"train.algorithm": {"name": "dr_grpo"}}, "summed and divided by a constant"),
        ({"train.algorithm": {"name": "opo"}, "train.minibatches": 4}, "optimiser steps on one batch"),
        ({"train.algorithm": {"name": "spo"}}, "never branches"),
        ({"train.critic": {}}, "nothing reads what"),
        ({"train.algorithm": {"name": "turn_gae", "critic": "given"}}, "values that a critic gives, and there is none"),
        ({"train.multipliers": [{"name": "difficulty"}, {"name": "difficulty"}]}, "count twice: difficulty"),
        ({"train.loss": {"name": "gvpo"}, "train.minibatches": 99} | NONE, "never splits a group"),
        ({"warm_start.loss": {"name": "ppo"}}, "neither advantages nor behaviour"),
    ],
)
def test_a_combination_that_makes_no_sense_is_refused_with_the_reason(
    overrides: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        load_recipe("quickstart", overrides)


@pytest.mark.parametrize(
    "overrides",
    [
        {"train.loss": {"name": "gvpo"}} | NONE,
        {"train.loss": {"name": "filtered_sft"}} | NONE,
        {"train.algorithm": {"name": "dr_grpo"}, "train.loss": {"aggregation": "constant", "constant_length": 32}},
        {"train.algorithm": {"name": "opo"}, "train.minibatches": 1, "train.ppo_epochs": 1},
        {"train.algorithm": {"name": "opo", "strict_on_policy": False}},
        {"train.algorithm": {"name": "ktae"}, "train.multipliers": [{"name": "probability"}, {"name": "uncertainty"}]},
        {"train.loss": {"name": "lopti"}, "train.editors": [{"name": "progress"}]},
        {"train.algorithm": {"name": "turn_gae"}, "train.loss": {"name": "cispo", "mismatch": "icepop"}},
    ],
)
def test_combinations_that_do_are_let_through(overrides: dict[str, object]) -> None:
    assert load_recipe("quickstart", overrides).train is not None


def test_an_unknown_multiplier_or_option_gives_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean difficulty"):
        load_recipe("quickstart", {"train.multipliers": [{"name": "dificulty"}]})
    with pytest.raises(UnknownNameError, match="did you mean below"):
        load_recipe("quickstart", {"train.editors": [{"name": "progress", "belo": 0.1}]})
