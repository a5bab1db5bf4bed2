"""History resampling: a pool of starts, gone through in epochs, which those leave that always succeed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clickwright.rl.moment import GroupPlan
from clickwright.rl.samplers import SAMPLERS, Sampler
from tests.rl.tries import answered, moment, through_json

SOLVED, MIXED, FAILED = [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]


def rounds(
    sampler: Sampler, first: int, count: int, scores: Callable[[GroupPlan], Sequence[float]]
) -> list[tuple[str, int]]:
    """The starts of some iterations, answered with these scores."""
    starts = []
    for iteration in range(first, first + count):
        at = moment(iteration, max_iterations=100)
        plans = sampler.plan(at)
        assert len(plans) == 8
        sampler.observe(answered(plans, scores), at)
        starts += [(plan.task, plan.seed) for plan in plans]
    return starts


def by_task(plan: GroupPlan) -> list[float]:
    return {"a": SOLVED, "b": MIXED, "c": FAILED, "d": SOLVED}[plan.task]


def test_what_is_solved_leaves_and_the_rest_comes_again() -> None:
    # 4 tasks of 4 starts are 2 iterations of 8 groups; 8 of the 16 starts are left for the next epoch.
    sampler = SAMPLERS.build("srpo_history", {"seeds_per_task": 4})
    first = rounds(sampler, 0, 2, by_task)
    assert len(set(first)) == 16
    assert sampler.metrics() == {"sampler/epoch": 1, "sampler/pool": 8, "sampler/dropped": 8}
    second = rounds(sampler, 2, 1, by_task)
    assert set(second) == {start for start in first if start[0] in "bc"}
    assert rounds(sampler, 3, 1, by_task) != second, "each epoch has an order of its own"
    assert sampler.metrics()["sampler/epoch"] == 3


def test_a_pool_that_is_solved_is_followed_by_a_new_one() -> None:
    sampler = SAMPLERS.build("srpo_history", {"seeds_per_task": 4})
    first = rounds(sampler, 0, 2, lambda plan: SOLVED)
    assert sampler.metrics()["sampler/pool"] == 0
    second = rounds(sampler, 2, 2, lambda plan: SOLVED)
    assert not set(first) & set(second)


def test_a_pool_smaller_than_a_batch_is_made_up_for() -> None:
    sampler = SAMPLERS.build("srpo_history", {"seeds_per_task": 1})
    assert len(set(rounds(sampler, 0, 1, lambda plan: FAILED))) == 8


def test_starts_that_were_lost_to_faults_stay() -> None:
    sampler = SAMPLERS.build("srpo_history", {"seeds_per_task": 2})
    lost = {(plan.task, plan.seed) for plan in sampler.plan(moment())}
    assert {(plan.task, plan.seed) for plan in sampler.plan(moment(1))} == lost
    assert sampler.metrics()["sampler/dropped"] == 0


def test_only_the_tasks_of_the_hour_are_planned() -> None:
    sampler = SAMPLERS.build("srpo_history", {"seeds_per_task": 4})
    sampler.plan(moment())
    assert {plan.task for plan in sampler.plan(moment(1, tasks=("a", "b"), num_groups=6))} <= {"a", "b"}


def test_memory_survives_a_checkpoint() -> None:
    sampler, again = (SAMPLERS.build("srpo_history", {"seeds_per_task": 3}) for _ in range(2))
    rounds(sampler, 0, 2, by_task)
    again.restore(through_json(sampler.state()))
    assert through_json(again.state()) == through_json(sampler.state())
    assert rounds(sampler, 2, 4, by_task) == rounds(again, 2, 4, by_task)
    assert rounds(SAMPLERS.build("srpo_history"), 0, 1, by_task) == rounds(
        SAMPLERS.build("srpo_history"), 0, 1, by_task
    )
