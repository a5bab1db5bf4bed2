"""Losses that multiply advantages by a ratio, KL terms and mismatch corrections, against the shared numbers."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from clickwright.errors import ConfigError
from clickwright.rl.losses import LOSSES, Places, Tokens
from clickwright.rl.losses.kl import DISTANCES, adapted
from clickwright.rl.losses.mismatch import CORRECTIONS


def places(row: list[int], **more: object) -> Places:
    """Tokens of some rows, each an episode and a group of its own unless told otherwise."""
    index = torch.tensor(row, dtype=torch.long)
    values = {"episode": index, "group": index, "score": torch.zeros(len(row))} | more
    empty = torch.zeros(len(row), dtype=torch.bool)
    shown = values.pop("demonstrated", empty)
    success = values.pop("success", empty)
    episode, group = values["episode"], values["group"]
    return Places(
        row=index, success=success, demonstrated=shown, num_episodes=len(set(episode.tolist())),
        num_groups=len(set(group.tolist())), **values,
    )  # fmt: skip


def tokens(log_ratio: list[float], advantages: list[float], row: list[int] | None = None, **more: object) -> Tokens:
    """Tokens whose log-probability moved by so much."""
    num = len(log_ratio)
    values: dict[str, object] = {
        "weights": torch.full((num,), 1.0 / max(num, 1)),
        "old_logprobs": torch.zeros(num),
        "entropy": torch.zeros(num),
        "places": places(row if row is not None else [0] * num),
    }
    logprobs = torch.tensor(log_ratio, requires_grad=True)
    return Tokens(logprobs=logprobs, advantages=torch.tensor(advantages), **(values | more))


@pytest.mark.parametrize(("advantage", "ratio", "expected"), [(1, 1, -2), (1, 1.5, -2.489837), (-1, 1.5, 2.393585)])
def test_sapo_gives_the_fixture(advantage: float, ratio: float, expected: float) -> None:
    out = LOSSES.build("sapo")(tokens([math.log(ratio)], [advantage]))
    assert out.loss.item() == pytest.approx(expected, abs=1e-6)


def test_sapo_starts_as_the_plain_policy_gradient() -> None:
    one = tokens([0.0], [2.0])
    LOSSES.build("sapo")(one).loss.backward()
    assert one.logprobs.grad is not None
    assert one.logprobs.grad.item() == pytest.approx(-2.0)


def test_gspo_has_one_ratio_for_a_sequence() -> None:
    loss = LOSSES.build("gspo", {"clip_low": 0.5, "clip_high": 0.5})
    one = tokens([0.1, -0.2, 0.4], [1.0] * 3)
    assert loss(one).loss.item() == pytest.approx(-1.105171, abs=1e-6)
    tight = LOSSES.build("gspo", {"clip_low": 0.05, "clip_high": 0.05})(one)
    assert tight.loss.item() == pytest.approx(-1.05)
    assert int(tight.sums["clip_high"]) == 3
    two = tokens([0.1, -0.2, 0.4], [1.0] * 3, [0, 0, 1])
    expected = -(2 * math.exp(-0.05) + math.exp(0.4)) / 3
    assert loss(two).loss.item() == pytest.approx(expected, abs=1e-6)
    together = replace(two, places=places([0, 0, 1], episode=torch.tensor([0, 0, 0])))
    whole = LOSSES.build("gspo", {"clip_low": 0.5, "clip_high": 0.5, "sequence": "episode"})(together)
    assert whole.loss.item() == pytest.approx(-1.105171, abs=1e-6)


def test_cispo_clips_the_weight_and_keeps_the_gradient() -> None:
    one = replace(tokens([math.log(8)], [1.0]), old_logprobs=torch.zeros(1))
    LOSSES.build("cispo")(one).loss.backward()
    assert one.logprobs.grad is not None
    assert one.logprobs.grad.item() == pytest.approx(-5.0)
    low = tokens([math.log(0.1)], [-1.0])
    LOSSES.build("cispo", {"clip_low": 0.5})(low).loss.backward()
    assert low.logprobs.grad is not None
    assert low.logprobs.grad.item() == pytest.approx(0.5)


def test_all_three_distances_and_their_gradients_by_hand() -> None:
    quarter, half = math.log(0.25), math.log(0.5)
    values = {name: f(torch.tensor(quarter), torch.tensor(half)).item() for name, f in DISTANCES.items()}
    assert values == pytest.approx({"k1": -math.log(2), "k2": math.log(2) ** 2 / 2, "k3": 0.306853}, abs=1e-6)
    slopes = {}
    for name, f in DISTANCES.items():
        logprob = torch.tensor(quarter, requires_grad=True)
        f(logprob, torch.tensor(half)).backward()
        slopes[name] = float(logprob.grad)  # type: ignore[arg-type]
    assert slopes == pytest.approx({"k1": 1.0, "k2": -math.log(2), "k3": -1.0})


def test_the_kl_coefficient_follows_its_target_and_survives_a_checkpoint() -> None:
    assert adapted(1.0, measured=100, target=1, rate=0.1) == pytest.approx(1.02)
    assert adapted(1.0, measured=0, target=1, rate=0.1) == pytest.approx(0.98)
    assert adapted(1.0, measured=1.1, target=1, rate=0.1) == pytest.approx(1.01)
    loss = LOSSES.build("ppo", {"kl_coef": 0.5, "kl_target": 0.1})
    loss.adapt({"kl_ref": 1.0})
    assert loss.state() == {"kl_coef": pytest.approx(0.51)}
    fresh = LOSSES.build("ppo", {"kl_coef": 0.5, "kl_target": 0.1})
    fresh.restore(loss.state())
    one = tokens([math.log(0.25)], [0.0], ref_logprobs=torch.log(torch.tensor([0.5])))
    assert fresh(one).loss.item() == pytest.approx(0.51 * 0.306853, abs=1e-6)
    fixed = LOSSES.build("ppo", {"kl_coef": 0.5})
    fixed.adapt({"kl_ref": 1.0})
    assert fixed.state() == {}


@pytest.mark.parametrize(
    ("name", "log_ratio", "expected"),
    [
        ("tis", 1.2, 2.0),
        ("tis", -1.2, math.exp(-1.2)),
        ("icepop", 1.2, 0.0),
        ("icepop", -3.0, 0.0),
        ("icepop", 0.5, math.exp(0.5)),
    ],
)
def test_token_corrections_give_the_fixtures(name: str, log_ratio: float, expected: float) -> None:
    weight = CORRECTIONS[name](torch.tensor([log_ratio]), torch.tensor([0]), cap=2.0, floor=0.5)
    assert weight.item() == pytest.approx(expected, abs=1e-6)


def test_a_sequence_that_drifted_is_left_out_whole() -> None:
    log_ratio, row = torch.tensor([0.6, 0.6, 0.1, -0.3]), torch.tensor([0, 0, 1, 1])
    weight = CORRECTIONS["sequence_mask"](log_ratio, row, cap=3.0, floor=0.5)
    assert weight.tolist() == pytest.approx([0, 0, math.exp(-0.2), math.exp(-0.2)])


@pytest.mark.parametrize("name", ["ppo", "gspo", "sapo", "cispo", "lopti", "uft"])
def test_a_correction_weighs_the_policy_gradient_and_not_the_kl(name: str) -> None:
    more = {"sampled_logprobs": torch.tensor([-1.2]), "ref_logprobs": torch.log(torch.tensor([0.5]))}
    one = tokens([0.0], [1.0], **more)
    plain, corrected = ({"kl_coef": 1.0}, {"kl_coef": 1.0, "mismatch": "tis"})
    losses = [LOSSES.build(name, options)(one).loss.item() for options in (plain, corrected)]
    distance = DISTANCES["k3"](torch.zeros(1), more["ref_logprobs"]).item()
    assert losses[1] - distance == pytest.approx(2.0 * (losses[0] - distance), abs=1e-6)
    with pytest.raises(ValueError, match="needs sampled_logprobs"):
        LOSSES.build(name, {"mismatch": "tis"})(tokens([0.0], [1.0]))


def test_uft_adds_a_small_likelihood_term_on_demonstrations() -> None:
    shown = torch.tensor([False, True])
    mixed = tokens([0.0, -2.0], [1.0, 9.0], [0, 1], places=places([0, 1], demonstrated=shown), weights=torch.ones(2))
    out = LOSSES.build("uft")(mixed)
    assert out.loss.item() == pytest.approx(-1.0 + 0.001 * 2.0, abs=1e-6)
    with pytest.raises(ValueError, match="take uft"):
        LOSSES.build("ppo")(mixed)


def test_lopti_is_ppo_that_asks_for_two_passes() -> None:
    loss = LOSSES.build("lopti")
    assert loss.split_probability == 0.5
    assert LOSSES.build("ppo").split_probability == 0
    one = tokens([0.3], [1.0])
    assert loss(one).loss.item() == LOSSES.build("ppo")(one).loss.item()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mismatch_cap": 2.0}, "mismatch is 'none'"),
        ({"mismatch": "tis", "mismatch_floor": 0.5}, "mismatch_floor is read by"),
        ({"kl": "k1"}, "kl_coef is above 0"),
        ({"kl_target": 0.1}, "kl_coef is above 0"),
        ({"aggregation": "constant"}, "constant_length"),
    ],
)
@pytest.mark.parametrize("name", ["ppo", "gspo", "sapo", "cispo"])
def test_options_that_nothing_would_read_are_refused(name: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        LOSSES.build(name, options)


@pytest.mark.parametrize("name", ["ppo", "gspo", "sapo", "cispo", "sft"])
def test_no_tokens_no_loss(name: str) -> None:
    out = LOSSES.build(name)(tokens([], [], []))
    assert out.loss.item() == 0
