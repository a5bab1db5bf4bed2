"""The success buffer and its trigger, against the worked numbers of the method."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from clickwright.rl.advantages import ESTIMATORS
from clickwright.rl.advantages.columns import columns
from clickwright.rl.replay import Offer, SuccessBuffer, Worth, all_failed, worth
from clickwright.rl.replay_slots import Slot, put_in, room
from clickwright.trajectories.records import Status
from tests.rl.batches import single_steps
from tests.rl.episodes import TASK, episode, failures, group_of


@pytest.mark.parametrize(
    ("worths", "expected"),
    [
        ([0.0] * 8, True),
        ([0.1] * 8, True),
        ([0.0] * 7 + [0.1], True),
        ([0.0] * 7 + [0.15], True),
        ([0.2] * 8, False),
        ([0.0] * 7 + [1.0], False),
        ([0.0], True),
        ([], False),
        ([0.0, math.nan], False),
        ([-math.inf] * 8, False),
        ([math.inf] * 8, False),
    ],
)
def test_which_groups_are_poor(worths: list[float], expected: bool) -> None:
    assert all_failed(worths) is expected


def test_the_deviation_is_that_of_the_population() -> None:
    assert float(np.std([0.0] * 7 + [0.1])) == pytest.approx(0.033072, abs=1e-6)
    assert float(np.std([0.0] * 7 + [0.15])) == pytest.approx(0.049608, abs=1e-6)
    # The sample deviation of the second is 0.053, which would be too much.
    assert all_failed([0.0] * 7 + [0.15])
    assert not all_failed([0.0] * 7 + [0.15], max_std=0.0496)
    assert not all_failed([0.0] * 7 + [0.15], max_mean=0.018)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1.0] + [0.0] * 7, [2.474867] + [-0.353552] * 7),
        ([0.0] * 7 + [-0.5], [0.353551] * 7 + [-2.474860]),
        ([1.0] + [0.0] * 6 + [-0.5], [2.246787] + [-0.149786] * 6 + [-1.348072]),
    ],
)
def test_advantages_of_a_mixed_group(scores: list[float], expected: list[float]) -> None:
    found = ESTIMATORS.build("grpo").advantages(single_steps(scores)).total
    assert found.tolist() == pytest.approx(expected, abs=2e-6)


def test_the_stored_success_competes_with_the_failures() -> None:
    poor = group_of(failures(8, iteration=4))
    mixed = put_in(poor, [episode("won", 1.0)], Slot.FIRST, np.random.default_rng(0))
    credit = ESTIMATORS.build("grpo").advantages(columns([mixed])).total
    assert credit.tolist() == pytest.approx([2.474867] + [-0.353552] * 7, abs=2e-6)


def test_first_in_first_out_at_eight() -> None:
    buffer = SuccessBuffer()
    for number in range(9):
        assert buffer.offer(TASK, episode(f"e{number}", 1.0, said=(number, 2)), 1.0) is Offer.STORED
    assert [one.episode_id for one in buffer.of(TASK)] == [f"e{number}" for number in range(1, 9)]


def test_the_threshold_is_not_enough_by_itself() -> None:
    buffer = SuccessBuffer()
    assert buffer.offer(TASK, episode("a", 0.1), 0.1) is Offer.POOR
    assert buffer.offer(TASK, episode("b", 0.11), 0.11) is Offer.STORED
    assert [one.episode_id for one in buffer.of(TASK)] == ["b"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_number_is_not_stored(value: float) -> None:
    buffer = SuccessBuffer()
    assert buffer.offer(TASK, episode("a", value), value) is Offer.NOT_FINITE
    assert len(buffer) == 0


def test_neither_are_log_probabilities_that_are_none() -> None:
    good = episode("a", 1.0)
    bad = replace(good, steps=(replace(good.steps[0], logprobs=(math.nan, -0.5)),))
    assert SuccessBuffer().offer(TASK, bad, 1.0) is Offer.NOT_FINITE


def test_what_no_policy_sampled_or_did_not_end_is_not_stored() -> None:
    good = episode("a", 1.0)
    scripted = replace(good, steps=(replace(good.steps[0], completion_ids=(), logprobs=()),))
    cut = replace(good, status=Status.RUNNING)
    buffer = SuccessBuffer()
    assert buffer.offer(TASK, scripted, 1.0) is Offer.UNTRAINABLE
    assert buffer.offer(TASK, cut, 1.0) is Offer.UNTRAINABLE
    assert buffer.offer(TASK, replace(good, steps=()), 1.0) is Offer.UNTRAINABLE


def test_a_repetition_goes_in_as_the_youngest_for_what_it_repeats() -> None:
    buffer = SuccessBuffer()
    buffer.offer(TASK, episode("old", 1.0, version=1), 1.0)
    buffer.offer(TASK, episode("other", 1.0, said=(9, 2), version=1), 1.0)
    assert buffer.offer(TASK, episode("new", 1.0, version=3), 1.0) is Offer.REPEATED
    assert [(one.episode_id, one.version) for one in buffer.of(TASK)] == [("other", 1), ("new", 3)]


def test_the_same_words_on_another_page_are_no_repetition() -> None:
    buffer = SuccessBuffer()
    buffer.offer(TASK, episode("here", 1.0, start="s"), 1.0)
    assert buffer.offer(TASK, episode("there", 1.0, start="t"), 1.0) is Offer.STORED
    assert len(buffer) == 2


def test_age_is_counted_in_versions_of_the_weights() -> None:
    buffer = SuccessBuffer(max_age=3)
    buffer.offer(TASK, episode("a", 1.0, version=4), 1.0)
    buffer.offer(TASK, episode("b", 1.0, said=(9, 2), version=6), 1.0)
    assert buffer.expire(7) == 0
    assert buffer.expire(8) == 1
    assert [one.episode_id for one in buffer.of(TASK)] == ["b"]
    forever = SuccessBuffer()
    forever.offer(TASK, episode("a", 1.0), 1.0)
    assert forever.expire(10**6) == 0


def test_an_episode_is_as_old_as_its_oldest_step() -> None:
    one = episode("a", 1.0, version=5)
    both = replace(one, steps=(one.steps[0], replace(one.steps[0], t=1, policy_version=2)))
    buffer = SuccessBuffer()
    buffer.offer(TASK, both, 1.0)
    assert buffer.of(TASK)[0].version == 2


def test_the_buffer_survives_as_json() -> None:
    buffer = SuccessBuffer()
    buffer.offer(TASK, episode("a", 1.0, version=4), 1.0)
    other = SuccessBuffer()
    other.restore(json.loads(json.dumps(buffer.state())))
    assert other.of(TASK) == buffer.of(TASK)
    assert other.state() == buffer.state()


def test_worth_is_the_evaluators_word_or_the_whole_return() -> None:
    one = episode("a", 1.0, penalty=0.3)
    assert worth(one, Worth.EVAL) == pytest.approx(1.0)
    assert worth(one, Worth.REWARD) == pytest.approx(0.7)


def test_slots() -> None:
    poor = group_of(failures(4, iteration=0))
    names = [one.id for one in poor.episodes]
    won = [episode("w0", 1.0), episode("w1", 1.0)]
    rng = np.random.default_rng(0)
    assert [one.id for one in put_in(poor, won, Slot.FIRST, rng).episodes] == ["w0", "w1", *names[2:]]
    assert [one.id for one in put_in(poor, won, Slot.APPEND, rng).episodes] == [*names, "w0", "w1"]
    drawn = [[one.id for one in put_in(poor, won, Slot.RANDOM, rng).episodes] for _ in range(40)]
    assert all(len(ids) == 4 and {"w0", "w1"} < set(ids) for ids in drawn)
    assert {ids.index("w0") for ids in drawn} == {0, 1, 2, 3}


def test_one_of_the_groups_own_stays() -> None:
    pair, alone = group_of(failures(2, iteration=0)), group_of(failures(1, iteration=0))
    assert [room(pair, slot, 5) for slot in Slot] == [1, 1, 5]
    assert [room(alone, slot, 1) for slot in Slot] == [0, 0, 1]
    with pytest.raises(ValueError, match="all 1 members"):
        put_in(alone, [episode("w", 1.0)], Slot.FIRST, np.random.default_rng(0))
