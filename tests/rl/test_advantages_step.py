"""The estimators that tell the steps of an episode, or its tokens, apart: worked numbers and planted causes."""

from __future__ import annotations

import numpy as np
import pytest

from clickwright.rl.advantages import ESTIMATORS, as_columns
from clickwright.rl.advantages.columns import Columns, Group, Need, TokenColumns, columns
from clickwright.rl.advantages.contingency import fisher_p, information_gain
from clickwright.rl.advantages.critics import others_mean_return
from clickwright.rl.advantages.spo import segment_values
from clickwright.trajectories.records import Branch, BranchKind, Episode, Status, Step
from tests.rl.batches import tokens


def texts(*pages: str) -> Columns:
    """One group of episodes of one step, each in the state that its page shows; the first succeeds."""
    num = len(pages)
    reward = [1.0] + [0.0] * (num - 1)
    return as_columns(group=[0] * num, episode=range(num), anchor=range(num), reward=reward, texts=pages)


IJ, IX, YX = "abcdefghij", "abcdefghiX", "abcdefghYX"


@pytest.mark.parametrize(
    ("order", "clusters"), [((IJ, IX, YX), [0, 0, 1]), ((IX, IJ, YX), [0, 0, 0]), ((YX, IJ, IX), [0, 1, 0])]
)
def test_similar_texts_join_the_first_cluster_they_are_near_to(order: tuple[str, ...], clusters: list[int]) -> None:
    estimator = ESTIMATORS.build("gigpo_similar", {"similarity": 0.9})
    numbers, num = estimator.states(texts(*order), np.arange(3))  # type: ignore[attr-defined]
    assert numbers.tolist() == clusters
    assert num == max(clusters) + 1


def test_similarity_one_is_the_exact_grouping_of_equal_texts() -> None:
    data = as_columns(
        group=[0] * 4, episode=range(4), anchor=[0, 1, 0, 1], reward=[1, 0, 0, 3], texts=("a", "b", "a", "b")
    )
    similar = ESTIMATORS.build("gigpo_similar", {"similarity": 1.0}).advantages(data)
    np.testing.assert_allclose(similar.total, ESTIMATORS.build("gigpo").advantages(data).total)
    two = as_columns(group=[0, 1], episode=[0, 1], anchor=[0, 0], reward=[1, 0], texts=("a", "a"))
    assert ESTIMATORS.build("gigpo_similar").advantages(two).total.tolist() == [0, 0]


def test_hgpo_weighs_the_levels_that_say_something() -> None:
    # Rows a0 b0 | a1 b1 | c0 b2: state b is reached from a twice and from c once; returns with gamma 1.
    data = as_columns(group=[0] * 6, episode=[0, 0, 1, 1, 2, 2], anchor=[0, 1, 0, 1, 2, 1], reward=[0, 3, 0, 0, 0, 0])
    result = ESTIMATORS.build("hgpo", {"norm": "mean_norm", "gamma": 1.0, "history": 1}).advantages(data)
    # Level 1 of b: mean 1 -> 2, -1, -1, weight 2. Level 2 (a, b): mean 1.5 -> 1.5, -1.5, weight 3; (c, b) is alone.
    expected = [1.5, (2 * 2 + 3 * 1.5) / 5, -1.5, (2 * -1 + 3 * -1.5) / 5, 0, -1]
    np.testing.assert_allclose(result.total, expected, atol=1e-5)
    assert result.metrics["level_1_hit_rate"] == pytest.approx(5 / 6)
    flat = ESTIMATORS.build("hgpo", {"norm": "mean_norm", "gamma": 1.0, "history": 0}).advantages(data)
    step = ESTIMATORS.build("gigpo", {"gamma": 1.0}).advantages(data).parts["step"]
    np.testing.assert_allclose(flat.total, step, atol=1e-5)


def test_hgpo_divides_by_the_population_deviation() -> None:
    data = as_columns(group=[0, 0], episode=[0, 1], anchor=[0, 0], reward=[1, 0])
    total = ESTIMATORS.build("hgpo").advantages(data).total
    np.testing.assert_allclose(total, [1, -1], atol=1e-5)


def test_hgpo_can_take_the_episode_as_level_zero() -> None:
    data = as_columns(group=[0, 0], episode=[0, 1], anchor=[0, 0], reward=[1, 0])
    options = {"norm": "mean_norm", "history": 0, "episode_level": True}
    np.testing.assert_allclose(ESTIMATORS.build("hgpo", options).advantages(data).total, [0.5, -0.5], atol=1e-5)
    apart = as_columns(group=[0, 0], episode=[0, 1], anchor=[0, 1], reward=[1, 0])
    np.testing.assert_allclose(ESTIMATORS.build("hgpo", options).advantages(apart).total, [0.5, -0.5], atol=1e-5)


def test_fisher_and_information_gain_by_hand() -> None:
    # Tea tasting: 3 of 4 right against 1 of 4: p = 2 * (16 + 1) / 70.
    assert fisher_p(np.array([3]), np.array([1]), np.array([4]), np.array([4]))[0] == pytest.approx(34 / 70)
    everything = fisher_p(np.array([4, 2]), np.array([4, 2]), np.array([4, 4]), np.array([4, 4]))
    np.testing.assert_allclose(everything, [1, 1])
    assert information_gain(np.array([4]), np.array([0]), np.array([4]), np.array([4]))[0] == 1.0
    assert information_gain(np.array([4]), np.array([4]), np.array([4]), np.array([4]))[0] == 0.0


def planted() -> Columns:
    """Four episodes of one step; token 7 is in every right one, 8 in every wrong one, 5 in all."""
    ids = [5, 7, 5, 7, 5, 8, 5, 8]
    return as_columns(
        group=[0] * 4,
        episode=range(4),
        anchor=[0] * 4,
        reward=[1, 1, 0, 0],
        success=[True, True, False, False],
        action=[1, 1, 2, 2],
        tokens=tokens([0, 0, 1, 1, 2, 2, 3, 3], ids),
    )


def test_ktae_gives_the_planted_token_the_largest_value() -> None:
    result = ESTIMATORS.build("ktae").advantages(planted())
    base = 0.5 / (np.sqrt(1 / 3) + 1e-6)
    assert result.per_token is not None
    value = result.per_token - np.repeat([base, base, -base, -base], 2)
    # Both planted tokens are so telling that the sigmoid saturates; a token that is everywhere tells nothing.
    np.testing.assert_allclose(value, [0, 1, 0, 1, 0, -1, 0, -1], atol=1e-6)
    np.testing.assert_allclose(result.total, np.asarray([1, 1, -1, -1]) * (base + 0.5), atol=1e-6)


def test_ktae_by_hand_for_a_token_that_is_on_both_sides() -> None:
    # Token 7 in 2 of 2 right and 1 of 2 wrong episodes of one token each: 2 of 2 and 1 of 2 of the items.
    data = as_columns(
        group=[0] * 4, episode=range(4), anchor=[0] * 4, reward=[1, 1, 0, 0], success=[True, True, False, False],
        tokens=tokens([0, 1, 2, 3], [7, 7, 7, 9]),
    )  # fmt: skip
    f_right, f_wrong = 1.0 * 3 / (1.0 + 2), 0.5 * 3 / (0.5 + 2)
    x = np.arcsin(1.0) - np.arcsin(np.sqrt(0.5)) + f_right / (f_wrong + 1e-5) - f_wrong / (f_right + 1e-5)
    gain = 1 - 3 / 4 * (-(2 / 3) * np.log2(2 / 3) - (1 / 3) * np.log2(1 / 3))
    expected = 2 / (1 + np.exp(-(0 + gain) * x / 2)) - 1  # p = 1, so that Fisher's term is 0
    value = ESTIMATORS.build("ktae").advantages(data).parts["key"]
    np.testing.assert_allclose(value[:3], expected, atol=1e-9)
    spared = ESTIMATORS.build("ktae", {"neutral_ids": [7]}).advantages(data).parts["key"]
    assert spared[:3].tolist() == [0, 0, 0]


def test_ktae_over_actions_compares_actions_in_one_state() -> None:
    result = ESTIMATORS.build("ktae", {"over": "actions"}).advantages(planted())
    assert result.per_token is None
    np.testing.assert_allclose(result.parts["key"], [1, 1, -1, -1], atol=1e-6)


@pytest.mark.parametrize("success", [[True] * 4, [False] * 4])
def test_ktae_says_nothing_of_a_group_with_one_outcome(success: list[bool]) -> None:
    data = planted()
    same = as_columns(
        group=data.group, episode=data.episode, anchor=data.anchor, reward=[0] * 4, success=success, tokens=data.tokens
    )
    result = ESTIMATORS.build("ktae").advantages(same)
    assert result.per_token is not None
    assert not result.per_token.any()


def test_bilevel_gae_gives_the_worked_numbers_of_ragen() -> None:
    values = np.arange(1, 11) / 10
    data = as_columns(
        group=[0, 0],
        episode=[0, 0],
        anchor=[0, 1],
        reward=[1, 1],
        tokens=TokenColumns(
            row=np.repeat([0, 1], 5), id=np.zeros(10, dtype=np.int64), logprob=np.zeros(10), value=values
        ),
    )
    plain = ESTIMATORS.build("turn_gae", {"critic": "given", "whiten": False}).advantages(data)
    assert plain.per_token is not None
    np.testing.assert_allclose(plain.per_token, [1.85, 1.75, 1.65, 1.55, 1.45, 0.4, 0.3, 0.2, 0.1, 0])
    np.testing.assert_allclose(plain.per_token + values, [1.95] * 5 + [1.0] * 5)
    white = ESTIMATORS.build("turn_gae", {"critic": "given"}).advantages(data)
    assert white.per_token is not None
    half = [1.187998, 1.059566, 0.931134, 0.802702, 0.674269]
    np.testing.assert_allclose(white.per_token, half + [-x for x in reversed(half)], atol=2e-6)


def test_turn_gae_by_hand_with_a_value_per_row() -> None:
    data = as_columns(group=[0, 0], episode=[0, 0], anchor=[0, 1], reward=[0, 1], value=[0.5, 0.8])
    options = {"critic": "given", "whiten": False, "gamma_turn": 0.9, "lam_turn": 0.5}
    total = ESTIMATORS.build("turn_gae", options).advantages(data).total
    last = 1 - 0.8
    np.testing.assert_allclose(total, [0.9 * 0.8 - 0.5 + 0.45 * last, last])


def test_the_critic_of_others_never_looks_at_the_episode_itself() -> None:
    data = as_columns(
        group=[0] * 5, episode=[0, 0, 1, 2, 2], anchor=[0, 1, 0, 0, 2], reward=[0, 8, 2, 0, 4], success=[True] * 5
    )
    value = others_mean_return(data, 1.0)
    # State 0: returns 8, 2, 4. State 1 and 2 were seen by one episode each: all rows of the others.
    np.testing.assert_allclose(value, [3, (2 + 4 + 4) / 3, 6, 5, (8 + 8 + 2) / 3])
    alone = as_columns(group=[0, 0], episode=[0, 0], anchor=[0, 0], reward=[1, 2])
    assert others_mean_return(alone, 1.0).tolist() == [3, 2]


def tree() -> Columns:
    """A trunk of 4 steps that fails; branches off it at step 2 (one succeeds), and off the first branch at step 3."""
    return as_columns(
        group=[0] * 20,
        episode=[0] * 4 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4,
        anchor=[0] * 20,
        reward=[*[0] * 7, 1, *[0] * 7, 1, *[0] * 4],
        branch=[0] * 4 + [2] * 4 + [2] * 4 + [3] * 4 + [0] * 4,
        origin=[-1] * 4 + [0] * 4 + [0] * 4 + [1] * 4 + [-1] * 4,
        trained=[True] * 4 + [False, False, True, True] * 2 + [False] * 3 + [True] + [True] * 4,
    )


def test_stretches_earn_the_difference_of_branch_values() -> None:
    # Branch 1 at step 3: ways end with 1 and 1, so V = 1. Trunk at step 2: ways 0 (trunk), 1 (branch 1), 0 (branch 2).
    # Start of the group: ways 1/3 (trunk) and 0 (the other episode).
    result = ESTIMATORS.build("spo").advantages(tree())
    third, sixth = 1 / 3, 1 / 6
    trunk = [third - sixth] * 2 + [0 - third] * 2
    first = [0, 0, 1 - third, 1 - 1]
    second = [0, 0, -third, -third]
    np.testing.assert_allclose(result.total, [*trunk, *first, *second, 0, 0, 0, 0, *[-sixth] * 4], atol=1e-12)
    assert result.metrics["branch_points"] == 2


def test_a_branch_off_a_copied_step_is_a_branch_off_its_owner() -> None:
    data = tree()
    assert data.origin is not None
    assert data.branch is not None
    origin, branch = data.origin.copy(), data.branch.copy()
    origin[8:12] = 1  # says it left branch 1 at step 2, which is where that one left the trunk
    moved = as_columns(
        group=data.group, episode=data.episode, anchor=data.anchor, reward=data.reward, trained=data.trained,
        branch=branch, origin=origin,
    )  # fmt: skip
    np.testing.assert_allclose(segment_values(moved)[0][data.trained], segment_values(data)[0][data.trained])


def test_without_branches_spo_is_grpo_without_a_deviation() -> None:
    data = as_columns(
        group=[0, 0, 1, 1], episode=[0, 0, 1, 2], anchor=[0] * 4, reward=[0, 1, 5, 0], branch=[0] * 4, origin=[-1] * 4
    )
    grpo = ESTIMATORS.build("grpo", {"norm": "mean_norm"}).advantages(data).total
    np.testing.assert_allclose(ESTIMATORS.build("spo").advantages(data).total, grpo)


def test_the_mask_of_spo_spares_tokens_that_were_sure() -> None:
    data = as_columns(
        group=[0, 0], episode=[0, 1], anchor=[0, 0], reward=[1, 0], branch=[0, 0], origin=[-1, -1],
        tokens=tokens([0, 0, 1], logprobs=[np.log(0.95), np.log(0.5), np.log(0.2)]),
    )  # fmt: skip
    result = ESTIMATORS.build("spo", {"prob_mask": 0.9}).advantages(data)
    assert result.per_token is not None
    np.testing.assert_allclose(result.per_token, [0, 0.5, -0.5])
    np.testing.assert_allclose(result.total, [0.25, -0.5])


def test_columns_lay_out_what_an_estimator_asks_for() -> None:
    def step(t: int, reward: float = 0.0, **more: object) -> Step:
        return Step(
            t=t,
            state_key=f"s{t}",
            text=f"page {t}",
            reward=reward,
            completion_ids=(4, t),
            logprobs=(-1.0, -2.0),
            **more,
        )

    trunk = Episode(
        id="a", env_id="e", task="t", seed=1, goal="g", status=Status.TERMINATED, final={"state_key": "end"},
        steps=(step(0, action={"kind": "click"}), step(1, 1.0, reward_parts={"progress": 0.5})), success=True,
    )  # fmt: skip
    branch = Episode(
        id="b", env_id="e", task="t", seed=1, goal="g", status=Status.TERMINATED, final={"state_key": "other"},
        parent=Branch(episode_id="a", t=1, kind=BranchKind.ARPO), steps=(step(0), step(1), step(2)),
    )  # fmt: skip
    group = Group(id="g", task="t", seed=1, episodes=(trunk, branch))
    data = columns([group], needs=frozenset(Need) - {Need.VALUE})
    assert data.trained.tolist() == [True, True, False, True, True]
    assert data.branch is not None
    assert data.origin is not None
    assert (data.branch.tolist(), data.origin.tolist()) == ([0, 0, 1, 1, 1], [-1, -1, 0, 0, 0])
    assert data.success is not None
    assert data.success.tolist() == [True, True, False, False, False]
    assert data.outcome is not None
    assert data.outcome.tolist() == [0, 0, 1, 1, 1]
    assert data.action is not None
    assert data.action.tolist() == [0, 1, 1, 1, 1]
    assert data.texts == ("page 0", "page 1", "page 0", "page 1", "page 2")
    assert data.tokens is not None
    assert data.tokens.id.tolist() == [4, 0, 4, 1, 4, 0, 4, 1, 4, 2]
    assert data.tokens.logprob[:2].tolist() == [-1.0, -2.0]
    np.testing.assert_array_equal(data.parts["progress"], [np.nan, 0.5, np.nan, np.nan, np.nan])
    alone = columns([Group(id="g", task="t", seed=1, episodes=(branch,))], needs=frozenset({Need.BRANCH}))
    assert alone.trained.all()
    assert alone.branch is not None
    assert alone.branch.tolist() == [0, 0, 0]
    other = columns([group], rewards={(name, t): float(t) for name in "ab" for t in range(3)})
    assert other.reward.tolist() == [0, 1, 0, 1, 2]
    with pytest.raises(ValueError, match="a critic must give it"):
        columns([group], needs=frozenset({Need.VALUE}))
