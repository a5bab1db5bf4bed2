"""Losses over whole episodes and groups, worked out by hand; a batch is the sum of its parts that keep them whole."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from clickwright.rl.losses import LOSSES, Places, Tokens, Unit

# Two groups. Group 0: episodes 0 (two tokens, won) and 1 (one token, lost). Group 1: episodes 2 (won) and 3 (lost).
EPISODE = [0, 0, 1, 2, 3, 3]
GROUP = [0, 0, 0, 1, 1, 1]
WON = [True, True, False, True, False, False]
LOGPROBS = [-0.5, -1.0, -2.0, -0.3, -0.7, -0.9]
OLD = [-0.6, -1.1, -1.5, -0.3, -0.5, -0.5]


def batch(*, dtype: torch.dtype = torch.float32) -> Tokens:
    """The batch above."""
    num = len(EPISODE)
    return Tokens(
        logprobs=torch.tensor(LOGPROBS, dtype=dtype, requires_grad=True),
        weights=torch.full((num,), 1 / num, dtype=dtype),
        old_logprobs=torch.tensor(OLD, dtype=dtype),
        advantages=torch.zeros(num, dtype=dtype),
        entropy=torch.zeros(num, dtype=dtype),
        ref_logprobs=torch.full((num,), -1.0, dtype=dtype),
        log_normaliser=torch.linspace(1, 2, num, dtype=dtype),
        places=Places(
            row=torch.arange(num),
            episode=torch.tensor(EPISODE),
            group=torch.tensor(GROUP),
            score=torch.tensor([float(won) for won in WON], dtype=dtype),
            success=torch.tensor(WON),
            demonstrated=torch.zeros(num, dtype=torch.bool),
            num_episodes=4,
            num_groups=2,
        ),
    )


def part(tokens: Tokens, keep: torch.Tensor) -> Tokens:
    """Some of the tokens; what the batch counts stays."""
    places = tokens.places
    assert places is not None
    named = ("row", "episode", "group", "score", "success", "demonstrated")
    few = replace(places, **{name: getattr(places, name)[keep] for name in named})
    fields = ("logprobs", "weights", "old_logprobs", "advantages", "entropy", "ref_logprobs", "log_normaliser")
    return Tokens(places=few, **{name: getattr(tokens, name)[keep] for name in fields})


def loss_of(name: str, tokens: Tokens | None = None, **options: object) -> float:
    """The loss of the batch."""
    return LOSSES.build(name, options)(tokens or batch()).loss.item()


def test_gvpo_by_hand() -> None:
    implicit = [0.1 * 0.2, 0.1 * -0.5, 0.0, 0.1 * -0.6]
    groups = []
    for first, second in (implicit[:2], implicit[2:]):
        mean = (first + second) / 2
        groups.append(0.5 * ((first - mean - 0.5) ** 2 + (second - mean + 0.5) ** 2))
    assert loss_of("gvpo") == pytest.approx(sum(groups) / 2, abs=1e-6)


def test_gvpo_is_at_rest_where_log_ratios_explain_the_scores() -> None:
    tokens = batch(dtype=torch.float64)
    gained = torch.tensor([5.0, 0, -5.0, 5.0, -5.0, 0], dtype=torch.float64)  # 0.1 * 10 apart, as the scores are
    still = replace(tokens, logprobs=(tokens.old_logprobs + gained).requires_grad_())
    out = LOSSES.build("gvpo")(still)
    out.loss.backward()
    assert out.loss.item() == pytest.approx(0, abs=1e-12)
    assert still.logprobs.grad is not None
    assert still.logprobs.grad.abs().max().item() == pytest.approx(0, abs=1e-9)


def test_gvpo_can_count_per_token() -> None:
    assert loss_of("gvpo", length_norm=True) != pytest.approx(loss_of("gvpo"))


def test_dgro_by_hand() -> None:
    likelihood, distance = [-1.5, -2.0, -0.3, -1.6], [0.2**2, 0.5**2, 0.0, 0.6**2]
    terms = [
        -gain * like + 0.05 * d for gain, like, d in zip([0.5, -0.5, 0.5, -0.5], likelihood, distance, strict=True)
    ]
    assert loss_of("dgro") == pytest.approx(sum(terms) / 4, abs=1e-6)


def test_tbrm_by_hand() -> None:
    value, moved = [1.0, 1.4, 1.6, 1.8], [0.5, -1.0, 0.7, 0.4]
    residuals = [v + m - s / 0.5 for v, m, s in zip(value, moved, [1, 0, 1, 0], strict=True)]
    assert loss_of("tbrm", beta=0.5) == pytest.approx(sum(r * r for r in residuals) / 4, abs=1e-5)


@pytest.mark.parametrize("tau", [0.0, 1.0])
def test_disco_by_hand(tau: float) -> None:
    # One failure per group, so that the softened mean over failures is the failure itself.
    gains = [-0.75 - -2.0, -0.3 - -0.8]
    ratios = [[0.1, 0.1, -0.5], [0.0, -0.2, -0.4]]
    kl = [sum(math.exp(x) - x - 1 for x in group) / 3 for group in ratios]
    expected = sum(-gain + 10 * max(0.0, k - 1e-4) * k for gain, k in zip(gains, kl, strict=True)) / 2
    assert loss_of("disco", tau=tau, penalty=10.0) == pytest.approx(expected, abs=1e-5)


def test_disco_lets_the_failure_that_is_told_best_count_most() -> None:
    tokens = batch()
    assert tokens.places is not None
    one_group = replace(
        tokens.places, group=torch.zeros(6, dtype=torch.long), num_groups=1,
        success=torch.tensor([True, True, False, False, False, False]),
    )  # fmt: skip
    pulled = {}
    for tau in (0.0, 0.1):
        fresh = replace(batch(), places=one_group)
        LOSSES.build("disco", {"tau": tau, "penalty": 0.0})(fresh).loss.backward()
        assert fresh.logprobs.grad is not None
        pulled[tau] = fresh.logprobs.grad.tolist()
    assert pulled[0.0][2] == pytest.approx(1 / 3)
    assert pulled[0.1][3] > 0.9  # episode 2 is the likeliest of the failures
    assert pulled[0.1][2] < 1e-6


def test_disco_scores_by_ratio_too() -> None:
    gains = [math.exp(0.1) - math.exp(-0.5), 1.0 - (math.exp(-0.2) + math.exp(-0.4)) / 2]
    assert loss_of("disco", score="ratio", penalty=0.0) == pytest.approx(-sum(gains) / 2, abs=1e-6)


def test_the_supervised_controls_by_hand() -> None:
    assert loss_of("filtered_sft") == pytest.approx((0.5 + 1.0 + 0.3) / 6, abs=1e-6)
    assert loss_of("signed_sft") == pytest.approx((0.5 + 1.0 + 0.3 - 2.0 - 0.7 - 0.9) / 6, abs=1e-6)
    assert loss_of("signed_sft", negative=0.5) == pytest.approx((1.8 - 0.5 * 3.6) / 6, abs=1e-6)


WHOLE = ["gvpo", "dgro", "tbrm", "disco"]


@pytest.mark.parametrize("name", [*WHOLE, "filtered_sft", "signed_sft"])
def test_a_batch_is_the_sum_of_its_parts(name: str) -> None:
    loss, tokens = LOSSES.build(name), batch(dtype=torch.float64)
    assert tokens.places is not None
    whole = loss(tokens)
    whole.loss.backward()
    by = {Unit.ROW: tokens.places.row, Unit.EPISODE: tokens.places.episode, Unit.GROUP: tokens.places.group}[loss.unit]
    total, gradient = 0.0, torch.zeros(6, dtype=torch.float64)
    for number in by.unique():
        again = batch(dtype=torch.float64)
        out = loss(part(again, by == number))
        out.loss.backward()
        assert again.logprobs.grad is not None
        total, gradient = total + out.loss.item(), gradient + again.logprobs.grad
        for measured, value in out.sums.items():
            assert torch.isfinite(value), measured
    assert total == pytest.approx(whole.loss.item(), abs=1e-9)
    torch.testing.assert_close(gradient, tokens.logprobs.grad)


@pytest.mark.parametrize("name", WHOLE)
def test_order_of_tokens_does_not_matter(name: str) -> None:
    order = torch.tensor([5, 4, 2, 1, 0, 3])
    if name == "tbrm":  # the first token of an episode is its first: episodes may move, their tokens may not
        order = torch.tensor([4, 5, 2, 0, 1, 3])
    assert loss_of(name, part(batch(), order)) == pytest.approx(loss_of(name), abs=1e-6)


@pytest.mark.parametrize("name", ["gvpo", "disco"])
@pytest.mark.parametrize("won", [True, False])
def test_groups_that_came_out_alike_pull_nowhere(name: str, won: bool) -> None:
    tokens = batch()
    assert tokens.places is not None
    same = replace(tokens.places, score=torch.full((6,), float(won)), success=torch.full((6,), won))
    still = replace(tokens, places=same, old_logprobs=tokens.logprobs.detach().clone())
    LOSSES.build(name)(still).loss.backward()
    assert still.logprobs.grad is not None
    assert still.logprobs.grad.abs().max().item() == pytest.approx(0, abs=1e-7)


def test_a_group_of_one_teaches_gvpo_nothing() -> None:
    alone = part(batch(), torch.tensor([0, 1, 3]))
    assert loss_of("gvpo", alone) == 0.0


@pytest.mark.parametrize("name", [*WHOLE, "filtered_sft"])
def test_tokens_without_a_place_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"needs Tokens\.places"):
        LOSSES.build(name)(replace(batch(), places=None))
