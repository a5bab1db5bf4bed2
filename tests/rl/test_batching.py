"""Padding, cutting and ordering change the speed of a batch and none of its numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from clickwright.rl.batching import Row, micro_batches, score
from clickwright.rl.facts import Chosen, facts_of
from clickwright.rl.losses import LOSSES, Unit
from clickwright.rl.update import UpdatePlan, backward, units_of, update
from tests.rl.models import tiny_convolutions, tiny_model


def some_rows(count: int = 13) -> list[Row]:
    """Rows of many lengths with made-up behaviour."""
    rng = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        num = int(rng.integers(1, 9))
        rows.append(
            Row(
                prompt_ids=tuple(rng.integers(2, 64, int(rng.integers(1, 40))).tolist()),
                completion_ids=tuple(rng.integers(1, 64, num).tolist()),
                old_logprobs=tuple((-3 + rng.normal(size=num)).tolist()),
                advantage=float(rng.normal()),
                group=len(rows) // 5,
                episode=len(rows) // 2,
                score=float(len(rows) // 2 % 3),
                success=len(rows) // 2 % 2 == 0,
            )
        )
    return rows


@pytest.mark.parametrize("make", [tiny_model, tiny_convolutions])
def test_every_token_is_scored_as_if_its_row_were_alone(make: Callable[[], Any]) -> None:
    model, rows = make(), some_rows()
    alone = []
    for row in rows:
        ids = torch.tensor([row.prompt_ids + row.completion_ids])
        logprobs = model(input_ids=ids).logits[0].log_softmax(-1)
        start = len(row.prompt_ids)
        alone += [logprobs[start - 1 + place, token].item() for place, token in enumerate(row.completion_ids)]
    for max_tokens in (1, 64, 100_000):
        found = torch.full((len(alone),), float("nan"))
        for batch in micro_batches(rows, max_tokens=max_tokens):
            found[batch.tokens] = score(model, batch)[0].detach()
        torch.testing.assert_close(found, torch.tensor(alone), atol=2e-6, rtol=1e-5)


def test_micro_batches_keep_to_the_budget_and_waste_little() -> None:
    rows = some_rows(60)
    batches = micro_batches(rows, max_tokens=128)
    assert all(batch.input_ids.numel() <= 128 for batch in batches)
    padded, used = sum(batch.input_ids.numel() for batch in batches), sum(row.num_inputs for row in rows)
    assert padded < 1.2 * used
    covered = torch.cat([batch.tokens for batch in batches]).sort().values
    assert torch.equal(covered, torch.arange(sum(len(row.completion_ids) for row in rows)))


def test_temperature_divides_the_logits() -> None:
    model, rows = tiny_model(), some_rows(1)
    batch = micro_batches(rows, max_tokens=1000)[0]
    logits = model(input_ids=batch.input_ids, logits_to_keep=batch.keep).logits[0]
    expected = (logits / 0.5).log_softmax(-1).gather(-1, batch.targets[:, None])[:, 0]
    torch.testing.assert_close(score(model, batch, temperature=0.5)[0], expected)


LOSS_OPTIONS = [
    ("ppo", {"aggregation": "token-mean"}),
    ("ppo", {"aggregation": "seq-mean-token-mean", "kl_coef": 0.1, "entropy_coef": 0.01}),
    ("ppo", {"aggregation": "seq-mean-token-sum"}),
    ("ppo", {"aggregation": "constant", "constant_length": 7}),
    ("sft", {"aggregation": "token-mean"}),
    ("sft", {"aggregation": "seq-mean-token-mean"}),
    ("gspo", {"clip_low": 0.9, "clip_high": 9.0}),
    ("gspo", {"clip_low": 0.9, "clip_high": 9.0, "sequence": "episode"}),
    ("gspo", {"clip_low": 0.9, "clip_high": 9.0, "sequence": "episode", "kl_coef": 0.1, "entropy_coef": 0.01}),
    ("sapo", {}),
    ("cispo", {"kl_coef": 0.1, "kl": "k2"}),
    ("lopti", {}),
    ("uft", {}),
    ("filtered_sft", {}),
    ("signed_sft", {"aggregation": "seq-mean-token-mean"}),
    ("gvpo", {}),
    ("dgro", {"length_norm": True}),
    ("tbrm", {}),
    ("disco", {"penalty": 1.0}),
    ("disco", {"score": "ratio", "tau": 0.5}),
]


@pytest.mark.parametrize(("name", "options"), LOSS_OPTIONS)
def test_loss_and_gradient_do_not_depend_on_the_split(name: str, options: dict[str, object]) -> None:
    rows, reference = some_rows(), tiny_model(seed=1)
    loss = LOSSES.build(name, options)
    results = []
    for micro_tokens in (10**6, 64, 1):
        model = tiny_model()
        value, sums, count = backward(
            model, rows, loss, plan=UpdatePlan(micro_tokens=micro_tokens), reference=reference
        )
        gradient = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
        results.append((value, sums, count, gradient))
    whole = results[0]
    assert whole[3].norm() > 0
    for value, sums, count, gradient in results[1:]:
        assert value == pytest.approx(whole[0], abs=1e-5)
        assert sums == pytest.approx(whole[1], abs=1e-3)
        assert count == whole[2]
        torch.testing.assert_close(gradient, whole[3], atol=2e-5, rtol=1e-4)


def test_every_loss_is_split() -> None:
    assert {name for name, _ in LOSS_OPTIONS} == set(LOSSES)


def test_two_passes_are_one_pass_cut_in_two() -> None:
    rows = [
        replace(row, old_logprobs=tuple(-0.1 * (1 + i) for i in range(len(row.old_logprobs)))) for row in some_rows()
    ]
    lopti, ppo = LOSSES.build("lopti", {"eta": 0.7}), LOSSES.build("ppo")
    values, gradients = [], []
    for loss, chosen in ((ppo, Chosen.ALL), (lopti, Chosen.IMPROBABLE), (lopti, Chosen.PROBABLE)):
        model = tiny_model()
        value, _, _ = backward(model, rows, loss, plan=UpdatePlan(), chosen=chosen)
        values.append(value)
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert values[0] == pytest.approx(values[1] + values[2], abs=1e-5)
    torch.testing.assert_close(gradients[0], gradients[1] + gradients[2], atol=1e-5, rtol=1e-4)
    assert gradients[1].norm() > 0
    assert gradients[2].norm() > 0


def test_lopti_takes_twice_the_optimiser_steps() -> None:
    taken = []
    for name in ("ppo", "lopti"):
        model = tiny_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
        with patch_steps(optimizer) as steps:
            update(model, optimizer, some_rows(), LOSSES.build(name), plan=UpdatePlan(), rng=np.random.default_rng(0))
        taken.append(len(steps))
    assert taken == [1, 2]


@contextmanager
def patch_steps(optimizer: torch.optim.Optimizer) -> Iterator[list[int]]:
    """Count the steps that an optimiser takes."""
    steps: list[int] = []
    handle = optimizer.register_step_post_hook(lambda *_: steps.append(1))
    yield steps
    handle.remove()


def test_a_correction_compares_the_trainer_before_the_update_with_the_sampler() -> None:
    model, rows = tiny_model(), some_rows()
    loss = LOSSES.build("ppo", {"mismatch": "tis"})
    batch = micro_batches(rows, max_tokens=10**6)[0]
    trainer = score(model, batch)[0].detach()[batch.tokens.argsort()]
    sampler = torch.tensor([p for row in rows for p in row.old_logprobs])
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    metrics = update(model, optimizer, rows, loss, plan=UpdatePlan(micro_tokens=64), rng=np.random.default_rng(0))
    assert metrics["ratio"] == pytest.approx(1.0, abs=1e-5)
    weight = (trainer - sampler).exp().clamp(max=2.0).mean().item()
    assert metrics["mismatch_weight"] == pytest.approx(weight, abs=1e-4)
    with pytest.raises(ValueError, match="give the trainer's"):
        backward(model, rows, loss, plan=UpdatePlan())


def test_episodes_and_groups_stay_whole_in_minibatches() -> None:
    rows = some_rows()
    assert [len(unit) for unit in units_of(rows, Unit.GROUP)] == [5, 5, 3]
    assert [len(unit) for unit in units_of(rows, Unit.EPISODE)] == [2] * 6 + [1]
    model = tiny_model()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    plan = UpdatePlan(num_minibatches=2)
    metrics = update(model, optimizer, rows, LOSSES.build("gvpo"), plan=plan, rng=np.random.default_rng(0))
    assert metrics["tokens"] == sum(len(row.completion_ids) for row in rows)


def test_advantages_may_differ_from_token_to_token() -> None:
    row = some_rows(1)[0]
    num = len(row.completion_ids)
    split = replace(row, advantages=tuple(float(i) for i in range(num)))
    same = replace(row, advantage=3.0, advantages=())
    device = torch.device("cpu")
    assert facts_of([split], LOSSES.build("ppo"), device=device).advantages.tolist() == list(range(num))
    assert facts_of([same], LOSSES.build("ppo"), device=device).advantages.tolist() == [3.0] * num


def test_demonstrations_are_weighed_among_themselves() -> None:
    rows = some_rows(3)
    mixed = [rows[0], replace(rows[1], old_logprobs=()), rows[2]]
    facts = facts_of(mixed, LOSSES.build("uft"), device=torch.device("cpu"))
    shown = facts.places.demonstrated
    assert facts.weights[shown].sum().item() == pytest.approx(1)
    assert facts.weights[~shown].sum().item() == pytest.approx(1)


def test_update_raises_the_probability_of_what_paid() -> None:
    model = tiny_model()
    prompt = (5, 6, 7)
    good, bad = Row(prompt_ids=prompt, completion_ids=(8, 1)), Row(prompt_ids=prompt, completion_ids=(9, 1))
    batch = micro_batches([good, bad], max_tokens=1000)[0]
    before = score(model, batch)[0].detach()[batch.tokens.argsort()]
    rows = [
        Row(prompt_ids=prompt, completion_ids=(8, 1), old_logprobs=tuple(before[:2].tolist()), advantage=1.0),
        Row(prompt_ids=prompt, completion_ids=(9, 1), old_logprobs=tuple(before[2:].tolist()), advantage=-1.0),
    ]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    metrics = update(
        model, optimizer, rows, LOSSES.build("ppo"), plan=UpdatePlan(epochs=3), rng=np.random.default_rng(0)
    )
    after = score(model, batch)[0].detach()[batch.tokens.argsort()]
    assert after[0] > before[0]
    assert after[2] < before[2]
    assert metrics["mismatch_kl"] == pytest.approx(0, abs=1e-9)
    assert metrics["kl_old"] > 0


def test_a_gradient_that_is_not_finite_changes_nothing() -> None:
    model = tiny_model()
    before = [parameter.detach().clone() for parameter in model.parameters()]
    rows = [Row(prompt_ids=(3,), completion_ids=(4,), old_logprobs=(0.0,), advantage=float("inf"))]
    optimizer = torch.optim.AdamW(model.parameters(), lr=1.0)
    with pytest.raises(FloatingPointError, match="this step was not taken"):
        update(model, optimizer, rows, LOSSES.build("ppo"), plan=UpdatePlan(), rng=np.random.default_rng(0))
    for parameter, was in zip(model.parameters(), before, strict=True):
        assert torch.equal(parameter, was)
