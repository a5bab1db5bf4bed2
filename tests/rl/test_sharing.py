"""Rows that share what they have in common give the numbers and gradients of rows that are read one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM

from clickwright.agents.tiny import load_base
from clickwright.rl import sharing
from clickwright.rl.batching import Row, logits_of, micro_batches
from clickwright.rl.can_share import can_share
from clickwright.rl.losses import LOSSES
from clickwright.rl.reading import Reader, UpdatePlan
from clickwright.rl.sharing import lay_out, shared_share
from clickwright.rl.update import backward, update
from tests.rl.models import tiny_convolutions, tiny_model

SIZE = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}


def made(kind: type[Any], config: Any) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return kind(config)


def llama(**settings: Any) -> Any:
    return made(LlamaForCausalLM, LlamaConfig(**SIZE, tie_word_embeddings=False, **settings))


def qwen2(**settings: Any) -> Any:
    return made(Qwen2ForCausalLM, Qwen2Config(**SIZE, tie_word_embeddings=True, **settings))


def base() -> Any:
    return load_base()[0]


def exact(model: Any) -> Any:
    """In double precision throughout: the library's own norms compute in single precision."""
    norms = {name: part for name, part in model.double().named_modules() if type(part).__name__.endswith("RMSNorm")}
    for name, part in norms.items():
        norm = torch.nn.RMSNorm(part.weight.shape, eps=part.variance_epsilon, dtype=torch.float64)
        model.set_submodule(name, norm)
    return model


def turns(*, groups: int = 2, members: int = 4, seed: int = 0) -> list[Row]:
    """Groups whose members read the same first page, and go on reading the same while they do the same."""
    rng = np.random.default_rng(seed)
    rows = []
    for group in range(groups):
        page = tuple(rng.integers(2, 64, 30).tolist())
        for member in range(members):
            prompt = page
            for turn in range(2):
                completion = (5 + member % 3, *([6, 7] if member != 2 else []), 1)
                rows.append(
                    Row(
                        prompt_ids=prompt,
                        completion_ids=completion,
                        old_logprobs=tuple((-3 + rng.normal(size=len(completion))).tolist()),
                        advantage=float(rng.normal()),
                        group=group,
                        episode=group * members + member,
                        score=float(member),
                        success=member % 2 == 0,
                    )
                )
                prompt = (*page[: 20 - turn], *completion, *page[20:25])
    return rows


def gradient(model: Any, rows: list[Row], batches: Any, *, name: str = "ppo", **options: Any) -> tuple[Any, ...]:
    model.zero_grad(set_to_none=True)
    reference = tiny_model(seed=1) if options else None
    loss = LOSSES.build(name, options)
    value, sums, count = backward(model, rows, loss, plan=UpdatePlan(), reference=reference, batches=batches)
    return value, sums, count, torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


ODD: dict[str, list[Row]] = {
    "turns": turns(),
    "one row twice": turns()[:1] * 2,
    "completions of one token": [replace(row, completion_ids=(9,), old_logprobs=(-3.0,)) for row in turns()],
    "a prompt of one token": [replace(row, prompt_ids=(4,)) for row in turns()],
    "a prompt that goes on where another ends": [
        turns()[0],
        replace(turns()[0], prompt_ids=turns()[0].prompt_ids + turns()[0].completion_ids + (9, 9)),
        replace(turns()[0], prompt_ids=turns()[0].prompt_ids[:7]),
    ],
}


@pytest.mark.parametrize("make", [llama, qwen2, tiny_model])
def test_logits_and_their_gradients_are_those_of_single_rows_in_double_precision(make: Callable[..., Any]) -> None:
    model = exact(make())
    rows = turns()
    weigh = torch.randn(sum(len(row.completion_ids) for row in rows), 64, generator=torch.Generator().manual_seed(0))
    said, gradients = [], []
    for batches in (micro_batches(rows, max_tokens=1), lay_out(rows, model, max_tokens=10_000)):
        model.zero_grad(set_to_none=True)
        logits = torch.cat([logits_of(model, batch)[batch.predictor] for batch in batches])
        logits = logits[torch.cat([batch.tokens for batch in batches]).argsort()]
        (logits * weigh).sum().backward()
        said.append(logits.detach())
        gradients.append(torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None]))
    assert shared_share(rows, batches) > 0.4
    torch.testing.assert_close(said[1], said[0], atol=1e-12, rtol=1e-10)
    torch.testing.assert_close(gradients[1], gradients[0], atol=1e-10, rtol=1e-8)


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("max_tokens", [1, 45, 10_000])
def test_loss_and_gradient_are_those_of_single_rows_under_any_budget(
    rows: list[Row], max_tokens: int, attention: str
) -> None:
    model = llama()
    model.set_attn_implementation(attention)
    assert can_share(model)
    alone = gradient(model, rows, micro_batches(rows, max_tokens=1))
    shared = gradient(model, rows, lay_out(rows, model, max_tokens=max_tokens))
    assert shared[0] == pytest.approx(alone[0], abs=1e-6)
    assert shared[1] == pytest.approx(alone[1], abs=1e-4)
    assert shared[2] == alone[2]
    torch.testing.assert_close(shared[3], alone[3], atol=2e-6, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("ppo", {"kl_coef": 0.1, "entropy_coef": 0.01}),
        ("gspo", {"clip_low": 0.9, "clip_high": 9.0, "sequence": "episode"}),
        ("disco", {"penalty": 1.0}),
    ],
)
def test_every_kind_of_loss_may_share(name: str, options: dict[str, Any]) -> None:
    model, rows = tiny_model(), turns()
    alone = gradient(model, rows, micro_batches(rows, max_tokens=1), name=name, **options)
    shared = gradient(model, rows, lay_out(rows, model, max_tokens=200), name=name, **options)
    assert alone[3].norm() > 0
    assert shared[0] == pytest.approx(alone[0], abs=1e-5)
    torch.testing.assert_close(shared[3], alone[3], atol=5e-6, rtol=1e-4)


def test_the_base_reader_shares() -> None:
    model, rows = base(), turns()
    batches = lay_out(rows, model, max_tokens=10_000)
    assert shared_share(rows, batches) > 0.4
    alone, shared = gradient(model, rows, micro_batches(rows, max_tokens=1)), gradient(model, rows, batches)
    torch.testing.assert_close(shared[3], alone[3], atol=1e-6, rtol=1e-4)


def test_every_token_is_laid_out_once_within_the_budget_and_the_same_again() -> None:
    model, rows = tiny_model(), turns(groups=5, members=8)
    batches = lay_out(rows, model, max_tokens=120)
    assert all(batch.input_ids.numel() <= 120 for batch in batches)
    covered = torch.cat([batch.tokens for batch in batches]).sort().values
    assert torch.equal(covered, torch.arange(sum(len(row.completion_ids) for row in rows)))
    assert sum(batch.num_read for batch in batches) < 0.6 * sum(row.num_inputs for row in rows)
    again = lay_out(rows, model, max_tokens=120)
    for one, other in zip(batches, again, strict=True):
        assert torch.equal(one.input_ids, other.input_ids)
        assert torch.equal(one.tokens, other.tokens)


def test_rows_with_nothing_in_common_lie_as_they_always_did() -> None:
    rows = [Row(prompt_ids=(2 + number,) * (3 + number), completion_ids=(4,)) for number in range(20)]
    plain, laid = micro_batches(rows, max_tokens=64), lay_out(rows, tiny_model(), max_tokens=64)
    assert all(batch.links is None for batch in laid)
    assert [batch.input_ids.tolist() for batch in laid] == [batch.input_ids.tolist() for batch in plain]
    assert shared_share(rows, laid) == 0


def test_padding_is_cut_as_far_as_it_pays() -> None:
    rows = [Row(prompt_ids=(2,) * length, completion_ids=(4,)) for length in (*[10] * 9, 100)]
    batches = micro_batches(rows, max_tokens=1_200)
    assert sorted(tuple(batch.input_ids.shape) for batch in batches) == [(1, 100), (9, 10)]
    # One row of 12 beside nine of 10 costs 18 tokens of padding, and a pass of its own would cost 75.
    rows = [Row(prompt_ids=(2,) * length, completion_ids=(4,)) for length in (*[10] * 9, 12)]
    assert [tuple(batch.input_ids.shape) for batch in micro_batches(rows, max_tokens=1_200)] == [(10, 12)]


def windowed() -> Any:
    return qwen2(use_sliding_window=True, sliding_window=8, max_window_layers=0)


def mistral() -> Any:
    return made(MistralForCausalLM, MistralConfig(**SIZE, sliding_window=8))


class Elsewhere(Qwen2ForCausalLM):  # type: ignore[misc]
    """Looks as if it took positions, and does not read them."""

    def forward(
        self, input_ids: Any, attention_mask: Any = None, position_ids: Any = None, logits_to_keep: Any = 0, **rest: Any
    ) -> Any:
        return super().forward(input_ids, attention_mask, None, logits_to_keep=logits_to_keep, **rest)


@pytest.mark.parametrize(
    "make",
    [tiny_convolutions, windowed, mistral, lambda: made(Elsewhere, Qwen2Config(**SIZE))],
    ids=["convolutions", "windows in some layers", "windows everywhere", "positions of its own"],
)
def test_a_model_that_cannot_reads_rows_one_by_one(make: Callable[[], Any]) -> None:
    model, rows = make(), turns()
    assert not can_share(model)
    batches = lay_out(rows, model, max_tokens=1_000)
    assert all(batch.links is None for batch in batches)
    # One that cannot is enough.
    assert shared_share(rows, lay_out(rows, tiny_model(), model, max_tokens=1_000)) == 0


def test_a_model_shares_while_it_drops_nothing() -> None:
    model = llama(attention_dropout=0.1)
    assert not can_share(model.train())
    assert can_share(model.eval())


def test_an_update_says_what_was_shared_and_goes_where_the_plain_one_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, loss = turns(), LOSSES.build("ppo")
    shares, weights = [], []
    for shared in (True, False):
        if not shared:
            monkeypatch.setattr(sharing, "can_share", lambda model: False)
        model = tiny_model()
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        plan = UpdatePlan(epochs=2, num_minibatches=2)
        metrics = update(model, optimizer, rows, loss, plan=plan, rng=np.random.default_rng(0))
        shares.append(metrics["shared_tokens_share"])
        weights.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert shares[0] > 0.2
    assert shares[1] == 0
    torch.testing.assert_close(weights[0], weights[1], atol=1e-6, rtol=1e-5)


def test_log_probabilities_come_back_in_the_order_of_the_rows() -> None:
    model, rows = tiny_model(), turns()
    found = Reader(model, None, LOSSES.build("ppo"), plan=UpdatePlan()).logprobs_of(rows)
    for row, logprobs in zip(rows, found, strict=True):
        ids = torch.tensor([row.prompt_ids + row.completion_ids])
        with torch.no_grad():
            alone = model(input_ids=ids).logits[0, len(row.prompt_ids) - 1 : -1].log_softmax(-1)
        expected = alone.gather(-1, torch.tensor(row.completion_ids)[:, None])[:, 0]
        torch.testing.assert_close(logprobs, expected, atol=2e-6, rtol=1e-5)
