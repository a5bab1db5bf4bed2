"""What comes before an estimator (edited rewards) and after it (multiplied credit)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from clickwright.errors import UnknownNameError
from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS, Pipeline, as_columns
from clickwright.rl.advantages.columns import Columns, Need
from tests.rl.batches import single_steps, tokens


def scale(name: str, data: Columns, **options: object) -> np.ndarray:
    """Factors."""
    return np.asarray(MULTIPLIERS.build(name, options).scale(data))


def test_improbable_tokens_count_less() -> None:
    data = single_steps([1, 0], tokens=tokens([0, 0, 1], logprobs=[0.0, math.log(0.5), math.log(0.1)]))
    np.testing.assert_allclose(scale("probability", data, alpha=0.2), [1.0, 0.9, 0.82])
    pipeline = Pipeline(
        ESTIMATORS.build("grpo", {"norm": "mean_norm"}), multipliers=[MULTIPLIERS.build("probability", {"alpha": 0.2})]
    )
    result = pipeline.advantages(data)
    assert result.per_token is not None
    np.testing.assert_allclose(result.per_token, [0.5, 0.45, -0.41])
    np.testing.assert_allclose(result.total, [0.475, -0.41])
    assert pipeline.needs == {Need.TOKENS}


@pytest.mark.parametrize(
    ("outcome", "linear"),
    [([0, 0, 0, 0], 1.0), ([0, 1, 2, 3], 0.5), ([0, 0, 1, 1], 1 - 0.5 * math.log(2) / math.log(4))],
)
def test_disagreement_scales_down(outcome: list[int], linear: float) -> None:
    data = single_steps([1, 0, 0, 0], outcome=outcome)
    np.testing.assert_allclose(scale("semantic_entropy", data, alpha=0.5), [linear] * 4)
    share = (1 - linear) / 0.5
    np.testing.assert_allclose(scale("semantic_entropy", data, shape="exponential"), [math.exp(-0.5 * share)] * 4)
    np.testing.assert_allclose(
        scale("semantic_entropy", data, shape="focal"), [math.sqrt(max(0.0, 1 - share))] * 4, atol=1e-7
    )


def test_disagreement_never_turns_credit_around_and_a_lone_episode_keeps_it() -> None:
    assert (scale("semantic_entropy", single_steps([1, 0], outcome=[0, 1]), alpha=5.0) == 0).all()
    assert scale("semantic_entropy", single_steps([1], outcome=[0])).tolist() == [1.0]


def test_hard_groups_count_more_and_uncertain_ones_most() -> None:
    data = as_columns(
        group=[0] * 4 + [1] * 4, episode=range(8), anchor=[0] * 8, reward=[0] * 8, success=[1, 0, 0, 0, 1, 1, 1, 1]
    )
    np.testing.assert_allclose(scale("difficulty", data), [1.75] * 4 + [1.0] * 4)
    np.testing.assert_allclose(scale("difficulty", data, shape="quadratic"), [1 + 0.75**2] * 4 + [1.0] * 4)
    np.testing.assert_allclose(scale("difficulty", data, shape="exponential"), [math.exp(0.75)] * 4 + [1.0] * 4)
    np.testing.assert_allclose(scale("uncertainty", data), [0.75] * 4 + [0.0] * 4)


def test_multipliers_multiply_and_per_token_credit_is_scaled_with_its_row() -> None:
    data = single_steps([1, 0], success=[True, False], tokens=tokens([0, 0, 1], logprobs=[0.0, math.log(0.5), 0.0]))
    both = Pipeline(
        ESTIMATORS.build("grpo", {"norm": "mean_norm"}),
        multipliers=[MULTIPLIERS.build("probability", {"alpha": 1.0}), MULTIPLIERS.build("difficulty")],
    )
    result = both.advantages(data)
    assert result.per_token is not None
    np.testing.assert_allclose(result.per_token, [0.75, 0.375, -0.75])


def failing(success: list[bool]) -> Columns:
    """Two groups of two episodes of two steps; how far each got stands at its first or last step."""
    nan = math.nan
    return as_columns(
        group=[0] * 4 + [1] * 4,
        episode=[0, 0, 1, 1, 2, 2, 3, 3],
        anchor=[0] * 8,
        reward=[0, 0, 0, 0, 0, 1, 0, 0],
        success=success,
        parts={"progress": np.asarray([0.5, 0.2, nan, nan, 0.9, 0.9, 0.1, 0.1])},
    )


def test_progress_counts_where_all_failed_and_only_there() -> None:
    data = failing([False] * 4 + [True, True, False, False])
    edited = EDITORS.build("progress", {"below": 0.5}).edit(data, iteration=0)
    assert edited.reward.tolist() == [0, 0.25, 0, 0, 0, 1, 0, 0]
    pipeline = Pipeline(ESTIMATORS.build("grpo", {"norm": "mean_norm"}), editors=[EDITORS.build("progress")])
    result = pipeline.advantages(data)
    np.testing.assert_allclose(result.total, [0.125, 0.125, -0.125, -0.125, 0.5, 0.5, -0.5, -0.5])
    assert result.parts["reward"].tolist() == edited.reward.tolist()


def test_a_part_that_no_step_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean progress"):
        EDITORS.build("progress", {"part": "progres"}).edit(failing([False] * 8), iteration=0)


def judged(judge: list[float], success: list[bool]) -> Columns:
    return single_steps([float(one) for one in success], success=success, parts={"judge": np.asarray(judge)})


def test_a_judge_that_agrees_counts_in_full_and_fades() -> None:
    data = judged([1.0, 0.5, 0.0], [True, True, False])
    trust = EDITORS.build("trust", {"weight": 0.3, "anneal": 500})
    np.testing.assert_allclose(trust.edit(data, iteration=0).reward, [1.3, 1.15, 0.0])
    np.testing.assert_allclose(trust.edit(data, iteration=500).reward, [1 + 0.3 / math.e, 1 + 0.15 / math.e, 0.0])


def test_a_judge_that_prefers_the_wrong_ones_is_trusted_less() -> None:
    edited = EDITORS.build("trust").edit(judged([0.2, 0.8], [True, False]), iteration=0)
    factor = 0.3 * math.exp(0.2 - 0.8)
    np.testing.assert_allclose(edited.reward, [1 + factor * 0.2, factor * 0.8])


@pytest.mark.parametrize("success", [[True, True], [False, False]])
def test_a_judge_is_not_asked_where_all_or_none_succeed(success: list[bool]) -> None:
    data = judged([0.2, 0.8], success)
    assert EDITORS.build("trust").edit(data, iteration=0).reward.tolist() == data.reward.tolist()


@pytest.mark.parametrize("name", list(MULTIPLIERS))
def test_multipliers_of_an_empty_batch_are_empty(name: str) -> None:
    data = as_columns(group=[], episode=[], anchor=[], reward=[], success=[], outcome=[], tokens=tokens([]))
    assert len(scale(name, data)) == 0
