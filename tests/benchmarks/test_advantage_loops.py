"""The plain loops that estimators are timed against compute what the estimators compute."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.advantages import batch
from benchmarks.row_loops import Rows
from benchmarks.token_loops import LOOPS
from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS


def test_everything_has_a_loop() -> None:
    expected = {f"estimator {name}" for name in ESTIMATORS}
    expected |= {f"editor {name}" for name in EDITORS} | {f"multiplier {name}" for name in MULTIPLIERS}
    assert set(LOOPS) == expected


@pytest.mark.parametrize("title", LOOPS)
def test_a_loop_gives_what_the_arrays_give(title: str) -> None:
    columns = batch(1_600)
    kind, name = title.split()
    if kind == "editor":
        found = EDITORS.build(name).edit(columns, iteration=0).reward
    elif kind == "multiplier":
        found = MULTIPLIERS.build(name).scale(columns)
    else:
        credit = ESTIMATORS.build(name).advantages(columns)
        found = credit.total if credit.per_token is None else credit.per_token
    np.testing.assert_allclose(LOOPS[title](Rows(columns)), found, atol=1e-6, rtol=1e-5)
