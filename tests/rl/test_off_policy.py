"""Older rows in an update: weights worked by hand, new rows untouched, once per iteration, every policy loss."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clickwright.rl.batching import Row
from clickwright.rl.losses import LOSSES, Reads
from clickwright.rl.off_policy import corrected, weights
from clickwright.rl.reading import Reader, UpdatePlan
from clickwright.rl.replay_sections import OffPolicy
from clickwright.rl.update import backward, update
from tests.rl.models import tiny_model

PLAN = UpdatePlan()
CORRECTIONS = ("none", "truncated", "mask")
RATIOS = (0.25, 0.5, 0.8, 1.0, 1.9, 2.0, 4.0)


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ({}, [1.0] * 7),
        ({"correction": "truncated"}, [0.25, 0.5, 0.8, 1.0, 1.9, 2.0, 2.0]),
        ({"correction": "truncated", "cap": 1.0}, [0.25, 0.5, 0.8, 1.0, 1.0, 1.0, 1.0]),
        ({"correction": "mask", "low": 0.6, "high": 1.95}, [0.0, 0.0, 0.8, 1.0, 1.9, 0.0, 0.0]),
    ],
)
def test_weights_by_hand(section: dict[str, Any], expected: list[float]) -> None:
    log_ratio = torch.tensor([math.log(ratio) for ratio in RATIOS])
    found = weights(log_ratio, torch.zeros(len(RATIOS), dtype=torch.long), OffPolicy.model_validate(section))
    assert found.tolist() == pytest.approx(expected, rel=1e-6)


def test_a_ratio_beyond_all_measure_stays_a_number() -> None:
    log_ratio = torch.tensor([-1e9, 1e9])
    row = torch.zeros(2, dtype=torch.long)
    assert weights(log_ratio, row, OffPolicy(correction="truncated")).tolist() == pytest.approx([0.0, 2.0], abs=1e-6)
    assert weights(log_ratio, row, OffPolicy(correction="mask")).tolist() == [0.0, 0.0]


def logprobs(model: torch.nn.Module, rows: list[Row]) -> list[list[float]]:
    """What a model says now."""
    return [one.tolist() for one in Reader(model, None, LOSSES.build("ppo"), plan=PLAN).logprobs_of(rows)]


def batch(model: torch.nn.Module, *, shifts: tuple[float, ...] = (0.7, -0.7, 2.0)) -> list[Row]:
    """Two new rows, and three older ones whose log-probabilities have moved by ``shifts`` since."""
    rng = np.random.default_rng(3)
    plain = [
        Row(
            prompt_ids=tuple(rng.integers(2, 60, 4).tolist()),
            completion_ids=tuple(rng.integers(2, 60, 2 + number % 2).tolist()),
            advantage=(-1.0) ** number,
            group=number // 3,
            episode=number,
        )
        for number in range(5)
    ]
    now = logprobs(model, plain)
    moved = [0.0, 0.0, *shifts]
    return [
        replace(row, old_logprobs=tuple(p - by for p in own), age=0 if number < 2 else number)
        for number, (row, own, by) in enumerate(zip(plain, now, moved, strict=True))
    ]


def test_older_rows_get_the_present_log_probabilities_and_a_weight() -> None:
    model = tiny_model()
    rows = batch(model)
    section = OffPolicy(correction="truncated", cap=1.5)
    found, measured = corrected(model, rows, LOSSES.build("ppo"), section=section, plan=PLAN)
    now = logprobs(model, rows)
    for place, by in ((2, 0.7), (3, -0.7), (4, 2.0)):
        assert found[place].old_logprobs == pytest.approx(now[place], abs=1e-5)
        weight = min(1.5, math.exp(by))
        assert found[place].advantages == pytest.approx([rows[place].advantage * weight] * len(now[place]), rel=1e-4)
        assert found[place].advantage == rows[place].advantage
    assert measured["off_policy_share"] == pytest.approx(3 / 5)
    assert measured["off_policy_age"] == pytest.approx(3.0)
    counts = [len(rows[place].completion_ids) for place in (2, 3, 4)]
    expected = [min(1.5, math.exp(by)) for by, n in zip((0.7, -0.7, 2.0), counts, strict=True) for _ in range(n)]
    assert measured["off_policy_weight"] == pytest.approx(np.mean(expected), rel=1e-4)
    ess = sum(expected) ** 2 / sum(w * w for w in expected) / len(expected)
    assert measured["off_policy_ess"] == pytest.approx(ess, rel=1e-4)
    assert measured["off_policy_dropped"] == 0


def test_credit_by_token_is_weighed_token_by_token() -> None:
    model = tiny_model()
    rows = batch(model)
    rows[2] = replace(rows[2], advantages=tuple(float(n) for n in range(len(rows[2].completion_ids))))
    section = OffPolicy(correction="truncated")
    found, _ = corrected(model, rows, LOSSES.build("ppo"), section=section, plan=PLAN)
    assert found[2].advantages == pytest.approx([n * 2.0 for n in rows[2].advantages], rel=1e-4)


def test_new_rows_are_handed_on_as_they_are() -> None:
    model = tiny_model()
    rows = batch(model)
    for correction in CORRECTIONS:
        found, _ = corrected(model, rows, LOSSES.build("ppo"), section=OffPolicy(correction=correction), plan=PLAN)
        assert all(found[place] is rows[place] for place in (0, 1))
        alone, measured = corrected(model, rows[:2], LOSSES.build("ppo"), section=OffPolicy(), plan=PLAN)
        assert alone == rows[:2]
        assert measured == {}
    assert corrected(model, [], LOSSES.build("ppo"), section=OffPolicy(correction="mask"), plan=PLAN) == ([], {})


def gradient(model: torch.nn.Module, rows: list[Row], loss: str, **options: Any) -> torch.Tensor:
    """The gradient of a loss, flat."""
    model.zero_grad(set_to_none=True)
    backward(model, rows, LOSSES.build(loss, options), plan=PLAN)
    return torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


TOKEN_LOSSES = ("ppo", "gspo", "sapo", "cispo", "lopti", "uft")


def test_these_are_all_losses_that_multiply_advantages() -> None:
    found = {name for name in LOSSES if LOSSES.build(name).reads is Reads.ADVANTAGES}
    assert found == set(TOKEN_LOSSES)


@pytest.mark.parametrize("loss", TOKEN_LOSSES)
def test_a_weighed_row_is_its_policy_gradient_times_the_weight(loss: str) -> None:
    model = tiny_model()
    older = [row for row in batch(model, shifts=(0.5, 0.5, 0.5)) if row.age]
    plain, _ = corrected(model, older, LOSSES.build(loss), section=OffPolicy(), plan=PLAN)
    weighed, _ = corrected(model, older, LOSSES.build(loss), section=OffPolicy(correction="truncated"), plan=PLAN)
    once, half_as_much_more = gradient(model, plain, loss), gradient(model, weighed, loss)
    assert once.norm() > 0
    torch.testing.assert_close(half_as_much_more, once * math.exp(0.5), rtol=1e-4, atol=1e-7)
    # Without a correction the ratio begins at 1: the gradient is that of a row that was just sampled.
    fresh = [
        replace(row, old_logprobs=tuple(own), age=0) for row, own in zip(older, logprobs(model, older), strict=True)
    ]
    torch.testing.assert_close(once, gradient(model, fresh, loss), rtol=1e-4, atol=1e-7)


def test_the_mask_may_drop_everything() -> None:
    model = tiny_model()
    older = [row for row in batch(model, shifts=(5.0, -5.0, 5.0)) if row.age]
    found, measured = corrected(model, older, LOSSES.build("ppo"), section=OffPolicy(correction="mask"), plan=PLAN)
    assert measured["off_policy_dropped"] == 1
    assert measured["off_policy_ess"] == 0
    assert not gradient(model, found, "ppo").any()
    before = copy.deepcopy(model.state_dict())
    update(model, torch.optim.SGD(model.parameters(), lr=1.0), found, LOSSES.build("ppo"), plan=PLAN,
           rng=np.random.default_rng(0))  # fmt: skip
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_a_mismatch_correction_finds_nothing_left_in_older_rows() -> None:
    model = tiny_model()
    older = [row for row in batch(model, shifts=(0.5, 0.5, 0.5)) if row.age]
    section = OffPolicy(correction="truncated")
    found, _ = corrected(model, older, LOSSES.build("ppo"), section=section, plan=PLAN)
    now = torch.tensor([p for own in logprobs(model, older) for p in own])
    model.zero_grad(set_to_none=True)
    backward(model, found, LOSSES.build("ppo", {"mismatch": "tis"}), plan=PLAN, recomputed=now)
    both = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    torch.testing.assert_close(both, gradient(model, found, "ppo"), rtol=1e-4, atol=1e-7)


def test_several_passes_are_corrected_once_by_the_weights_they_begin_with() -> None:
    rows = batch(tiny_model())
    plan = UpdatePlan(epochs=2, num_minibatches=2)
    section = OffPolicy(correction="truncated")

    def trained(prepared: list[Row], model: torch.nn.Module) -> list[torch.Tensor]:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
        update(model, optimizer, prepared, LOSSES.build("ppo"), plan=plan, rng=np.random.default_rng(5))
        return [p.detach().clone() for p in model.parameters()]

    model = tiny_model()
    prepared, _ = corrected(model, rows, LOSSES.build("ppo"), section=section, plan=plan)
    by_hand = [
        row if not row.age else replace(
            row, old_logprobs=tuple(own),
            advantages=tuple(row.advantage * min(2.0, math.exp(p - then)) for p, then in
                             zip(own, row.old_logprobs, strict=True)))
        for row, own in zip(rows, logprobs(model, rows), strict=True)
    ]  # fmt: skip
    for one, two in zip(trained(prepared, model), trained(by_hand, tiny_model()), strict=True):
        torch.testing.assert_close(one, two, rtol=1e-5, atol=1e-7)


def test_micro_batches_do_not_change_the_correction() -> None:
    model = tiny_model()
    rows = batch(model)
    section = OffPolicy(correction="mask")
    small = UpdatePlan(micro_tokens=6)
    one, _ = corrected(model, rows, LOSSES.build("ppo"), section=section, plan=PLAN)
    two, _ = corrected(model, rows, LOSSES.build("ppo"), section=section, plan=small)
    for left, right in zip(one, two, strict=True):
        assert left.old_logprobs == pytest.approx(right.old_logprobs, abs=1e-5)
        assert left.advantages == pytest.approx(right.advantages, abs=1e-4)


def test_the_sampler_is_compared_with_the_trainer_beside_a_reference_too() -> None:
    model = tiny_model()
    rows = [row for row in batch(model) if not row.age]
    loss = LOSSES.build("ppo", {"mismatch": "tis", "kl_coef": 0.1})
    metrics = update(
        model, torch.optim.SGD(model.parameters(), lr=0.1), rows, loss, plan=PLAN,
        rng=np.random.default_rng(0), reference=copy.deepcopy(model),
    )  # fmt: skip
    assert metrics["mismatch_weight"] == pytest.approx(1.0, abs=1e-4)
