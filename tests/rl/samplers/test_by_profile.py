"""Samplers that go by pass rates: the U-shape filter, the ladder of difficulty, the pool of solved tasks."""

from __future__ import annotations

from collections import Counter

import pytest

from clickwright.errors import ConfigError
from clickwright.rl.samplers import SAMPLERS, Sampler
from clickwright.rl.samplers.difficulty import ladder
from clickwright.rl.samplers.profile import needs_pass_rates
from tests.rl.tries import moment

RATES = {"a": 0.0, "b": 1.0, "c": 0.5, "d": 0.2}


def tasks_of(sampler: Sampler, iteration: int = 0, **changes: object) -> set[str]:
    return {plan.task for plan in sampler.plan(moment(iteration, **changes))}


def test_tasks_that_are_too_easy_or_too_hard_are_left_out() -> None:
    assert tasks_of(SAMPLERS.build("u_shape"), rates=RATES) == {"c", "d"}
    sampler = SAMPLERS.build("u_shape", {"low": 0.2, "high": 0.4})
    assert tasks_of(sampler, rates=RATES) == {"d"}
    assert len(sampler.plan(moment(rates=RATES))) == 8
    assert sampler.metrics()["sampler/u_shape_tasks"] == 1
    assert tasks_of(SAMPLERS.build("u_shape", {"low": 0.0, "high": 1.0}), rates=RATES) == set(RATES)


def test_a_filter_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"leaves out all 4 tasks.*found: 0.00, 0.20, 0.50, 1.00"):
        SAMPLERS.build("u_shape", {"low": 0.6, "high": 0.7}).plan(moment(rates=RATES))
    with pytest.raises(ConfigError, match="above high"):
        SAMPLERS.build("u_shape", {"low": 0.6, "high": 0.5})


@pytest.mark.parametrize("name", ["u_shape", "difficulty"])
def test_without_pass_rates_they_refuse(name: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"{name}.*there is no profile, without a, b, c and 1 more.*clickwright profile"
    ):
        SAMPLERS.build(name).plan(moment())
    with pytest.raises(ConfigError, match="the profile has 2 tasks, without c, d"):
        SAMPLERS.build(name).plan(moment(rates={"a": 0.1, "b": 0.2}))
    assert needs_pass_rates(SAMPLERS.build(name))
    assert needs_pass_rates(SAMPLERS.build("scaling_inter", {"of": {"name": name}}))
    assert not needs_pass_rates(SAMPLERS.build("scaling_inter"))


def test_tasks_come_from_easy_to_hard() -> None:
    # From easy to hard: b, c, d, a.
    sampler = SAMPLERS.build("difficulty", {"rungs": 2})
    assert tasks_of(sampler, 0, rates=RATES) == {"b", "c"}
    assert tasks_of(sampler, 4, rates=RATES) == {"b", "c"}
    assert tasks_of(sampler, 5, rates=RATES) == {"d", "a"}
    assert tasks_of(sampler, 9, rates=RATES) == {"d", "a"}
    assert sampler.metrics()["sampler/rung"] == 1
    kept = SAMPLERS.build("difficulty", {"rungs": 2, "keep_easier": True})
    assert tasks_of(kept, 9, rates=RATES) == set(RATES)


def test_the_ladder_has_every_task_once() -> None:
    assert ladder({"a": 0.5, "b": 0.5, "c": 0.5}, 2) == [["a", "b"], ["c"]]
    assert ladder({"a": 0.1, "b": 0.9}, 5) == [["b"], ["a"]]
    assert tasks_of(SAMPLERS.build("difficulty"), rates={"a": 0.1}, tasks=("a",)) == {"a"}


def test_solved_tasks_come_seldom() -> None:
    sampler = SAMPLERS.build("easy_pool", {"share": 0.1})
    counts: Counter[str] = Counter()
    for iteration in range(200):
        plans = sampler.plan(moment(iteration, success={"a": 1.0, "b": 0.96, "c": 0.5}, max_iterations=200))
        assert len(plans) == 8
        assert len({plan.seed for plan in plans}) == 8
        counts += Counter(plan.task for plan in plans)
    assert (counts["a"] + counts["b"]) / counts.total() == pytest.approx(0.1, abs=0.025)
    assert counts["c"] == pytest.approx(counts["d"], rel=0.1)
    assert sampler.metrics()["sampler/solved_tasks"] == 2


def test_what_is_solved_is_known_from_training_first() -> None:
    sampler = SAMPLERS.build("easy_pool", {"share": 0.0})
    assert tasks_of(sampler, rates=RATES) == {"a", "c", "d"}
    assert tasks_of(sampler, rates=RATES, success={"b": 0.3}) == set(RATES)
    assert tasks_of(sampler) == set(RATES)
    assert tasks_of(sampler, success=dict.fromkeys("abcd", 1.0)) == set(RATES)
    assert tasks_of(SAMPLERS.build("easy_pool", {"share": 1.0}), success={"a": 1.0}) == {"a"}


@pytest.mark.parametrize("name", ["u_shape", "difficulty", "easy_pool", "gvm", "scaling_inter", "adastar"])
def test_plans_depend_on_seed_iteration_and_attempt_alone(name: str) -> None:
    def plan(**changes: object) -> object:
        return SAMPLERS.build(name).plan(moment(**{"rates": RATES, "success": {"b": 1.0}, "iteration": 1, **changes}))

    assert plan() == plan()
    assert plan() != plan(seed=1)
    assert plan() != plan(iteration=2)
    assert plan() != plan(attempt=1)
