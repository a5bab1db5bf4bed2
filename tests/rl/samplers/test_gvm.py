"""GVM: the formula of its weights, budgets that add up, and what it measures."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.errors import ConfigError
from clickwright.rl.samplers import SAMPLERS
from clickwright.rl.samplers.budget import allocated
from clickwright.rl.samplers.gvm import gradient_norm, weight
from tests.rl.tries import episode, group, moment, through_json

WEIGHTS = st.lists(st.floats(0.0, 1e6), min_size=1, max_size=12)


@given(WEIGHTS, st.integers(1, 4), st.integers(0, 60))
def test_budgets_add_up_and_follow_the_weights(weights: list[float], least: int, more: int) -> None:
    total = least * len(weights) + more
    sizes = allocated(np.asarray(weights), total, least)
    assert sum(sizes) == total
    assert min(sizes) >= least
    order = np.argsort(weights, kind="stable")
    for lower, higher in pairwise(order.tolist()):
        assert sizes[lower] <= sizes[higher] + (weights[lower] == weights[higher])
    # Where nothing is held at the least, every size is its exact share, rounded up or down.
    exact = (
        np.asarray(weights) / sum(weights) * total if sum(weights) > 0 else np.full(len(weights), total / len(weights))
    )
    if (exact >= least).all():
        assert np.abs(np.asarray(sizes) - exact).max() < 1 + 1e-6


def test_worked_budgets() -> None:
    assert allocated(np.array([1.0, 1.0, 2.0]), 16, 2) == [4, 4, 8]
    # Shares 0.5, 1.5 and 14: the first two are held at 2, and the third gets the rest.
    assert allocated(np.array([1.0, 3.0, 28.0]), 16, 2) == [2, 2, 12]
    # Shares 5 1/3 each: the one left over goes to one of them.
    assert sorted(allocated(np.ones(3), 16, 2)) == [5, 5, 6]
    assert allocated(np.zeros(2), 8, 2) == [4, 4]
    assert allocated(np.array([0.0, 5.0]), 4, 2) == [2, 2]
    assert allocated(np.zeros(0), 0, 2) == []
    assert allocated(np.array([5e-324, 1e308]), 10, 2) == [2, 8]


@pytest.mark.parametrize("weights", [[1.0, float("nan")], [1.0, float("inf")], [1.0, -1.0]])
def test_weights_that_are_none_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="finite and at least 0"):
        allocated(np.asarray(weights), 16, 2)


def test_a_budget_that_is_too_small_is_refused() -> None:
    with pytest.raises(ValueError, match="3 groups of at least 2 episodes do not fit into 5"):
        allocated(np.ones(3), 5, 2)


def test_the_formula() -> None:
    # 2 / sqrt(0.5 + 0.001 / 0.5) and 1 / sqrt(1 + 0.001).
    assert weight(2.0, 0.5, 1e-3, 2.0) == pytest.approx(2 / math.sqrt(0.502))
    assert weight(1.0, 1.0, 1e-3, 2.0) == pytest.approx(0.9995004)
    assert weight(1.0, 0.25, 1e-3, 3.0) == pytest.approx(1 / math.sqrt(0.25 + 1e-3 / 0.0625))
    assert weight(1.0, 0.0, 1e-3, 2.0) == weight(0.0, 0.5, 1e-3, 2.0) == 0.0
    # alpha keeps a task of tiny success from taking everything: below sqrt(alpha) the weight falls again.
    assert weight(1.0, 1e-300, 1e-3, 2.0) < weight(1.0, 0.001, 1e-3, 2.0) < weight(1.0, math.sqrt(1e-3), 1e-3, 2.0)


def test_the_norm_that_reaches_the_logits_of_sampled_tokens() -> None:
    # Tokens of probability 0.5 and 0.2: sqrt(0.25 + 0.64).
    assert gradient_norm(episode("e", 1.0, logprobs=(math.log(0.5), math.log(0.2)))) == pytest.approx(math.sqrt(0.89))
    assert gradient_norm(episode("e", 1.0, logprobs=(0.0,))) == 0.0
    assert gradient_norm(episode("e", 1.0, logprobs=())) == 0.0


def test_sizes_follow_success_and_norms_at_the_same_budget() -> None:
    gvm = SAMPLERS.build("gvm")
    assert [plan.size for plan in gvm.plan(moment())] == [4] * 8
    for task, chance in (("a", 0.5), ("b", 0.9)):
        scored = group("g", [1.0, 1.0, 0.0], task=task, logprobs=(math.log(chance),))
        gvm.observe([scored], moment())
    assert gvm.state()["norms"] == pytest.approx({"a": 0.5, "b": 0.1})
    plans = gvm.plan(moment(1, success={"a": 0.5, "b": 0.5, "c": 0.0}, num_groups=8))
    sizes = {task: [plan.size for plan in plans if plan.task == task] for task in "abcd"}
    assert sum(plan.size for plan in plans) == 32
    assert max(sizes["c"]) == 2
    assert min(sizes["a"]) > max(sizes["d"]) >= min(sizes["d"]) > max(sizes["b"])
    assert gvm.metrics()["sampler/largest_group"] == max(sizes["a"])
    assert gvm.metrics()["sampler/smallest_group"] == 2


def test_success_before_training_is_the_profile_s() -> None:
    plans = SAMPLERS.build("gvm").plan(moment(rates={"a": 0.1, "b": 1.0}, tasks=("a", "b"), num_groups=2))
    # Weights 1 / sqrt(0.11) and 1 / sqrt(1.001): 3.0151 : 0.9995 of 8 episodes are 6.01 and 1.99, which is held at 2.
    assert {plan.task: plan.size for plan in plans} == {"a": 6, "b": 2}


def test_memory_survives_a_checkpoint() -> None:
    gvm = SAMPLERS.build("gvm", {"of": {"name": "adastar"}})
    again = SAMPLERS.build("gvm", {"of": {"name": "adastar"}})
    at = moment(success={"a": 0.5, "b": 0.2})
    plans = gvm.plan(at)
    gvm.observe([group(f"g{i}", [1.0, 0.0], task=plan.task, seed=plan.seed) for i, plan in enumerate(plans)], at)
    again.restore(through_json(gvm.state()))
    assert gvm.plan(moment(1, success=at.success)) == again.plan(moment(1, success=at.success))
    again.restore({})
    assert again.state()["norms"] == {}


def test_groups_of_one_are_refused() -> None:
    with pytest.raises(ConfigError, match="smallest"):
        SAMPLERS.build("gvm", {"smallest": 1})
