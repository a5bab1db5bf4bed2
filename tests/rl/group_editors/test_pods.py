"""PODS: the subset of largest variance, exactly; and its controls."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.errors import ConfigError
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.group_editors.pods import max_variance
from tests.rl.tries import group, moment, situation


def exact_variance(rewards: list[int]) -> Fraction:
    mean = Fraction(sum(rewards), len(rewards))
    return sum(((reward - mean) ** 2 for reward in rewards), Fraction(0)) / len(rewards)


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=9), st.data())
def test_no_other_subset_varies_more(rewards: list[int], data: st.DataObject) -> None:
    keep = data.draw(st.integers(1, len(rewards)))
    chosen = max_variance(np.asarray(rewards, dtype=np.float64), keep).tolist()
    assert len(set(chosen)) == keep
    best = max(exact_variance(list(subset)) for subset in combinations(rewards, keep))
    assert exact_variance([rewards[place] for place in chosen]) == best


@given(st.lists(st.floats(-1e300, 1e300), min_size=3, max_size=8), st.data())
def test_nor_among_any_finite_numbers(rewards: list[float], data: st.DataObject) -> None:
    keep = data.draw(st.integers(1, len(rewards)))
    scale = max(map(abs, rewards)) or 1.0
    scaled = np.asarray(rewards) / scale
    chosen = max_variance(np.asarray(rewards), keep)
    best = max(np.var(subset) for subset in combinations(scaled.tolist(), keep))
    assert np.var(scaled[chosen]) >= best - 1e-9


def test_worked_numbers() -> None:
    # Binary rewards: half ones, half zeros, as far as there are some.
    binary = np.array([0.0, 0, 1, 0, 0, 1, 0, 1])
    assert sorted(binary[max_variance(binary, 4)].tolist()) == [0, 0, 1, 1]
    rare = np.array([0.0, 0, 0, 0, 0, 1, 0, 0])
    assert sorted(rare[max_variance(rare, 4)].tolist()) == [0, 0, 0, 1]
    # Of [0, 1, 2, 10], three: {0, 1, 10} varies by 20.22, {0, 2, 10} by 18.67, {1, 2, 10} by 16.22.
    spread = np.array([2.0, 10.0, 0.0, 1.0])
    assert sorted(spread[max_variance(spread, 3)].tolist()) == [0, 1, 10]
    # Three of two ones and two zeros: either two ones or two zeros, and then more of the highest.
    even = np.array([1.0, 0, 1, 0])
    assert sorted(even[max_variance(even, 3)].tolist()) == [0, 1, 1]


def test_groups_keep_their_members_in_order() -> None:
    pods = GROUP_EDITORS.build("pods", {"keep": 4})
    edited = pods.edit([group("x", [0, 1, 0, 0, 0, 1]), group("y", [0, 1])], situation())
    assert [one.id for one in edited[0].episodes] == ["x-1", "x-3", "x-4", "x-5"]
    assert edited[0].id == "x"
    assert len(edited[1].episodes) == 2
    assert pods.metrics()["pods/kept_share"] == pytest.approx(6 / 8)
    # Of 1/3 ones, 2/9; of half ones, 1/4; the second group has 1/4 either way.
    assert pods.metrics()["pods/variance_before"] == pytest.approx((2 / 9 + 1 / 4) / 2)
    assert pods.metrics()["pods/variance_after"] == pytest.approx(1 / 4)
    assert pods.edit([], situation()) == []


def test_groups_that_came_out_alike_stay_as_alike() -> None:
    edited = GROUP_EDITORS.build("pods", {"keep": 2}).edit([group("x", [0.3] * 5)], situation())
    assert edited[0].scores == (0.3, 0.3)


@pytest.mark.parametrize(("rule", "kept"), [("max_reward", (5.0, 6.0, 7.0, 8.0)), ("percentile", (2.0, 4.0, 6.0, 8.0))])
def test_controls_by_rank(rule: str, kept: tuple[float, ...]) -> None:
    pods = GROUP_EDITORS.build("pods", {"keep": 4, "rule": rule})
    edited = pods.edit([group("x", [3, 1, 2, 8, 7, 5, 4, 6])], situation())
    assert tuple(sorted(edited[0].scores)) == kept


def test_the_random_control_depends_on_seed_iteration_and_group() -> None:
    pods = GROUP_EDITORS.build("pods", {"keep": 4, "rule": "random"})

    def chosen(iteration: int, seed: int = 1) -> tuple[float, ...]:
        return pods.edit([group("x", range(20), seed=seed)], situation(moment(iteration)))[0].scores

    assert chosen(0) == chosen(0)
    assert len({chosen(0), chosen(1), chosen(0, seed=2)}) == 3


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match=r"group x has the scores .*not finite"):
        GROUP_EDITORS.build("pods", {"keep": 2}).edit([group("x", [0, bad, 1])], situation())


def test_keeping_fewer_than_two_is_refused() -> None:
    with pytest.raises(ConfigError, match="keep"):
        GROUP_EDITORS.build("pods", {"keep": 1})
    with pytest.raises(ConfigError, match="keep"):
        GROUP_EDITORS.build("pods")
