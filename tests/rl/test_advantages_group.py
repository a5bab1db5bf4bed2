"""The estimators that compare whole episodes: worked numbers, and what holds for every estimator alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clickwright.rl.advantages import ESTIMATORS, as_columns
from clickwright.rl.advantages.base import needs_of
from clickwright.rl.advantages.columns import Columns, Floats
from tests.rl.batches import batches, single_steps, taken, whole

EVERY = {name: {} for name in ESTIMATORS} | {
    "ktae over actions": {"name": "ktae", "over": "actions"},
    "spo masked": {"name": "spo", "prob_mask": 0.5},
    "turn_gae given": {"name": "turn_gae", "critic": "given"},
    "opo by steps": {"name": "opo", "weight": "steps", "scope": "batch"},
    "hgpo with episodes": {"name": "hgpo", "episode_level": True},
}


def total(estimator: str, data: Columns, **options: object) -> Floats:
    """Advantages per row."""
    return ESTIMATORS.build(estimator, options).advantages(data).total


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("rloo", [1, -1 / 3, -1 / 3, -1 / 3]),
        ("maxrl", [3, -1, -1, -1]),
        ("dr_grpo", [0.75, -0.25, -0.25, -0.25]),
        ("none", [0, 0, 0, 0]),
    ],
)
def test_one_success_of_four_gives_the_shared_fixture(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(total(name, single_steps([1, 0, 0, 0])), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([1, 0, 0, 0, 0, 0, 0, 0], [2.474867] + [-0.353552] * 7),
        ([1, 0, 0, 0, 0, 0, 0, -0.5], [2.246787] + [-0.149786] * 6 + [-1.348072]),
        ([1, 0.2, 0.2, 0.1, 0], [1.749996, -0.249999, -0.249999, -0.499999, -0.749998]),
    ],
)
def test_grpo_gives_the_numbers_of_arpo_and_search_r1(scores: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(total("grpo", single_steps(scores)), expected, atol=2e-6)


def test_maxrl_has_nothing_to_divide_by_where_nothing_succeeded() -> None:
    assert total("maxrl", single_steps([0, 0, -0.1])).tolist() == [0, 0, 0]


def test_returns_go_over_trained_rows_as_in_agentgym() -> None:
    data = as_columns(
        group=[0] * 5, episode=[0] * 5, anchor=[0] * 5, reward=[0, 0, 0, 0, 1], trained=[True, True, False, False, True]
    )
    result = ESTIMATORS.build("reinforce_pp", {"gamma": 0.9}).advantages(data)
    np.testing.assert_allclose(result.parts["return"], [0.81, 0.9, 0, 0, 1])
    assert result.total[[2, 3]].tolist() == [0, 0]


def test_what_an_untrained_row_earns_counts_for_the_trained_row_before_it() -> None:
    data = as_columns(group=[0] * 3, episode=[0] * 3, anchor=[0] * 3, reward=[5, 0, 1], trained=[False, True, False])
    assert ESTIMATORS.build("reinforce_pp").advantages(data).parts["return"].tolist() == [0, 1, 0]


def test_reinforce_pp_is_normalised_over_the_batch_and_can_take_the_group_mean_off() -> None:
    data = as_columns(group=[0, 0, 1, 1], episode=[0, 1, 2, 3], anchor=[0] * 4, reward=[1, 0, 11, 10])
    plain = total("reinforce_pp", data)
    np.testing.assert_allclose(plain, (np.asarray([1, 0, 11, 10]) - 5.5) / np.std([1, 0, 11, 10], ddof=1), atol=1e-5)
    grouped = total("reinforce_pp", data, baseline="group")
    np.testing.assert_allclose(grouped, np.asarray([0.5, -0.5, 0.5, -0.5]) / np.std([0.5, -0.5] * 2, ddof=1), atol=1e-5)


def test_opo_weighs_scores_by_length() -> None:
    data = as_columns(group=[0] * 3, episode=[0, 0, 1], anchor=[0] * 3, reward=[0, 1, 0], num_tokens=[10, 20, 10])
    np.testing.assert_allclose(total("opo", data), [0.25, 0.25, -0.75])  # b = (30 * 1 + 10 * 0) / 40
    np.testing.assert_allclose(total("opo", data, weight="steps"), [1 / 3, 1 / 3, -2 / 3])
    both = as_columns(group=[0, 0, 1], episode=[0, 1, 2], anchor=[0] * 3, reward=[1, 0, 1], num_tokens=[1, 1, 2])
    np.testing.assert_allclose(total("opo", both), [0.5, -0.5, 0])
    np.testing.assert_allclose(total("opo", both, scope="batch"), [0.25, -0.75, 0.25])


def test_opo_counts_the_tokens_of_the_policy_alone() -> None:
    data = as_columns(
        group=[0] * 3, episode=[0, 0, 1], anchor=[0] * 3, reward=[0, 1, 0], num_tokens=[90, 10, 10],
        trained=[False, True, True],
    )  # fmt: skip
    np.testing.assert_allclose(total("opo", data), [0, 0.5, -0.5])


def built(case: str) -> tuple[object, dict[str, object]]:
    options = dict(EVERY[case])
    return ESTIMATORS.build(str(options.pop("name", case)), options), options


@pytest.mark.parametrize("case", list(EVERY))
@settings(max_examples=20, deadline=None)
@given(data=batches(), random=st.randoms(use_true_random=False))
def test_order_of_episodes_does_not_matter(case: str, data: Columns, random: object) -> None:
    estimator, _ = built(case)
    order = sorted(set(data.episode.tolist()))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved, rows, places = taken(data, order)
    before, after = estimator.advantages(data), estimator.advantages(moved)  # type: ignore[attr-defined]
    if before.per_token is not None:
        np.testing.assert_allclose(after.per_token, before.per_token[places], atol=1e-5)
    np.testing.assert_allclose(after.total, before.total[rows], atol=1e-5)


@pytest.mark.parametrize("case", list(EVERY))
@settings(max_examples=20, deadline=None)
@given(data=batches())
def test_every_estimator_is_finite_and_leaves_untrained_rows_alone(case: str, data: Columns) -> None:
    estimator, _ = built(case)
    half = replace(data, trained=np.arange(len(data)) % 2 == 0)
    for columns in (data, half):
        result = estimator.advantages(columns)  # type: ignore[attr-defined]
        assert np.isfinite(result.total).all()
        assert (result.total[~columns.trained] == 0).all()
        if result.per_token is not None:
            assert columns.tokens is not None
            assert np.isfinite(result.per_token).all()
            assert (result.per_token[~columns.trained[columns.tokens.row]] == 0).all()
    masked = estimator.advantages(replace(data, trained=np.zeros(len(data), dtype=np.bool_)))  # type: ignore[attr-defined]
    assert not masked.total.any()


@pytest.mark.parametrize("case", list(EVERY))
def test_an_empty_batch_is_fine(case: str) -> None:
    estimator, _ = built(case)
    assert len(estimator.advantages(whole([], [], [], [], np.random.default_rng(0))).total) == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("score", [0.0, 0.1, 1 / 3, 1e9 / 7])
@pytest.mark.parametrize(
    "case", [case for case in EVERY if case not in {"ktae", "ktae over actions", "turn_gae given"}]
)
def test_equal_episodes_teach_nothing(case: str, score: float) -> None:
    data = whole([0] * 7, list(range(7)), [0] * 7, [score] * 7, np.random.default_rng(0))
    result = built(case)[0].advantages(data)  # type: ignore[attr-defined]
    assert result.total.tolist() == [0.0] * 7


@pytest.mark.parametrize(
    "case", [case for case in EVERY if case not in {"reinforce_pp", "turn_gae given", "opo by steps"}]
)
def test_a_lone_episode_teaches_nothing(case: str) -> None:
    data = whole([0] * 2, [0] * 2, [0, 1], [0, 10], np.random.default_rng(0))
    assert built(case)[0].advantages(data).total.tolist() == [0, 0]  # type: ignore[attr-defined]


def test_an_estimator_says_what_it_reads_when_it_is_not_there() -> None:
    with pytest.raises(ValueError, match="needs the column 'num_tokens'"):
        total("opo", single_steps([1, 0]))
    assert {need.value for need in needs_of(ESTIMATORS.build("ktae"))} == {"success", "tokens"}
