"""AdaSTaR: the order of the heap, and how many of its keys an iteration changes."""

from __future__ import annotations

import pytest

from clickwright.rl.moment import GroupPlan
from clickwright.rl.samplers import SAMPLERS, Sampler
from clickwright.rl.samplers.adastar import num_updated
from tests.rl.tries import answered, moment, through_json

TASKS = tuple("abcdefgh")


def one_round(sampler: Sampler, iteration: int, won: dict[str, float], num_groups: int = 4) -> list[str]:
    """Plan and answer; ``won`` says how much of each task succeeds."""
    at = moment(iteration, tasks=TASKS, num_groups=num_groups)
    plans = sampler.plan(at)

    def scores(plan: GroupPlan) -> list[float]:
        good = round(4 * won.get(plan.task, 0.0))
        return [1.0] * good + [0.0] * (4 - good)

    sampler.observe(answered(plans, scores), at)
    return [plan.task for plan in plans]


def test_a_policy_that_always_succeeds_goes_through_all_tasks() -> None:
    sampler, always = SAMPLERS.build("adastar"), dict.fromkeys(TASKS, 1.0)
    first, second = one_round(sampler, 0, always), one_round(sampler, 1, always)
    assert sorted(first + second) == sorted(TASKS)
    assert set(one_round(sampler, 2, always)) == set(first)


def test_what_is_planned_later_in_an_iteration_goes_on_through_the_heap() -> None:
    sampler, at = SAMPLERS.build("adastar"), moment(tasks=TASKS, num_groups=4)
    first = sampler.plan(at)
    sampler.observe(answered(first, lambda plan: [1.0, 1.0]), at)
    more = sampler.plan(moment(tasks=TASKS, num_groups=4, attempt=1))
    assert {plan.task for plan in first} | {plan.task for plan in more} == set(TASKS)


def test_only_the_share_of_the_squared_accuracy_gets_new_keys() -> None:
    sampler, half = SAMPLERS.build("adastar"), dict.fromkeys(TASKS, 0.5)
    first = one_round(sampler, 0, half)
    second = one_round(sampler, 1, half)
    # round(4 * 0.5**2) = 1 of the four has been put back; the other three lie where they lay, with the untried ones.
    assert sampler.metrics()["sampler/keys_updated"] == 1
    assert sampler.metrics()["sampler/tasks_tried"] == 1
    assert first[0] not in second
    assert [num_updated(16, accuracy, 2.0, 1) for accuracy in (0.0, 0.25, 0.5, 0.75, 1.0)] == [1, 1, 4, 9, 16]
    assert num_updated(16, 0.1, 0.0, 1) == 16
    assert num_updated(16, 0.0, 2.0, 0) == 0
    assert num_updated(0, 1.0, 2.0, 1) == 0


def test_of_tasks_tried_at_the_same_time_the_one_that_fails_most_comes_first() -> None:
    sampler = SAMPLERS.build("adastar", {"accuracy_power": 0.0})
    won = dict(zip(TASKS, (1.0, 0.25, 0.75, 0.0, 1.0, 0.5, 0.75, 0.25), strict=True))
    one_round(sampler, 0, won, num_groups=8)
    order = one_round(sampler, 1, won, num_groups=8)
    assert [won[task] for task in order] == sorted(won.values())


def test_a_policy_that_always_fails_still_moves_on() -> None:
    sampler = SAMPLERS.build("adastar")
    seen = {task for iteration in range(6) for task in one_round(sampler, iteration, {})}
    assert seen == set(TASKS)
    stuck = SAMPLERS.build("adastar", {"at_least": 0})
    one_round(stuck, 0, {})
    one_round(stuck, 1, {})
    assert stuck.state()["keys"] == {}


def test_fewer_tasks_than_groups_are_taken_in_turn() -> None:
    plans = SAMPLERS.build("adastar").plan(moment(tasks=("a", "b", "c"), num_groups=8))
    counts = [sum(plan.task == task for plan in plans) for task in "abc"]
    assert sorted(counts) == [2, 3, 3]
    assert len({plan.seed for plan in plans}) == 8


def test_a_task_whose_episodes_were_all_lost_keeps_its_key() -> None:
    sampler = SAMPLERS.build("adastar")
    at = moment(tasks=TASKS, num_groups=4)
    plans = sampler.plan(at)
    sampler.observe(answered(plans[1:], lambda plan: [1.0, 1.0]), at)
    sampler.plan(moment(1, tasks=TASKS, num_groups=4))
    assert set(sampler.state()["keys"]) == {plan.task for plan in plans[1:]}


@pytest.mark.parametrize("observed", [False, True])
def test_memory_survives_a_checkpoint(observed: bool) -> None:
    sampler, again = SAMPLERS.build("adastar"), SAMPLERS.build("adastar")
    for iteration in range(3):
        one_round(sampler, iteration, {"a": 1.0, "b": 0.5, "c": 0.25})
    if not observed:
        sampler.plan(moment(3, tasks=TASKS))
    again.restore(through_json(sampler.state()))
    assert through_json(again.state()) == through_json(sampler.state())
    for iteration in range(4, 7):
        assert one_round(sampler, iteration, {"d": 1.0}) == one_round(again, iteration, {"d": 1.0})
