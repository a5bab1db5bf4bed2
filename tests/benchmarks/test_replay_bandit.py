"""The replay bandit: seeds that do not touch, draws that do not depend on the variant, a policy that can be solved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.learning.replay_bandit import BANDITS, RESULT, VARIANTS, Bandit, main, trained

EASY = Bandit(about="one arm of four pays", pays=(0.0, 0.0, 1.0, 0.0))


def test_a_seed_learns_the_same_alone_and_beside_others() -> None:
    for variant in ("no replay", "truncated"):
        alone = trained(EASY, variant, seeds=1, iterations=12)
        beside = trained(EASY, variant, seeds=3, iterations=12)
        np.testing.assert_allclose(alone[:, 0], beside[:, 0], atol=1e-5)


def test_the_optimum_is_found_where_it_is_easy() -> None:
    curve = trained(EASY, "truncated", seeds=2, iterations=60)
    assert curve[0].tolist() == pytest.approx([0.25, 0.25])
    assert curve.shape == (61, 2)
    assert curve[-1].min() > 0.9


def test_the_variants_begin_alike_and_part_where_something_is_replayed() -> None:
    curves = {name: trained(BANDITS["sparse"], name, seeds=2, iterations=30) for name in VARIANTS}
    first = {name: curve[:2].tolist() for name, curve in curves.items()}
    assert all(found == first["no replay"] for found in first.values())
    assert not np.allclose(curves["none"], curves["no replay"])
    assert not np.allclose(curves["none"], curves["truncated"])


def test_the_command_writes_what_it_measured_on_what(tmp_path: Path) -> None:
    out = tmp_path / "result.json"
    assert main(["--seeds", "2", "--iterations", "4", "--out", str(out)]) == 0
    found = json.loads(out.read_text())
    assert found["command"].startswith("python -m benchmarks.learning.replay_bandit --seeds 2")
    assert found["machine"]["cores"]
    assert set(found["bandits"]) == set(BANDITS)
    for name, bandit in found["bandits"].items():
        assert bandit["optimum"] == max(BANDITS[name].pays)
        assert set(bandit["final_by_seed"]) == set(VARIANTS)


def test_the_committed_result_is_of_these_variants() -> None:
    found = json.loads((Path(__file__).resolve().parents[2] / RESULT).read_text())
    for bandit in found["bandits"].values():
        assert set(bandit["final_by_seed"]) == set(VARIANTS)
        assert all(len(values) >= 20 for values in bandit["final_by_seed"].values())
