"""T-DPO: only the tokens of one stage count, found where the codec says that they stand."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.turn import Part
from clickwright.agents.prompts import PromptBuilder
from clickwright.agents.tiny import load_base
from clickwright.errors import ConfigError
from clickwright.rl.batching import Row
from clickwright.rl.losses import PREFERENCE_LOSSES
from clickwright.rl.models import frozen_copy
from clickwright.rl.pair_update import RowPair, pair_backward
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.update import UpdatePlan
from tests.rl.models import tiny_model

PLAN = UpdatePlan(micro_tokens=64)


def pair(chosen: tuple[int, ...], rejected: tuple[int, ...]) -> RowPair:
    prompt = (2, 3, 4)
    return RowPair(
        chosen=Row(prompt_ids=prompt, completion_ids=chosen), rejected=Row(prompt_ids=prompt, completion_ids=rejected)
    )


def gradient(pairs: list[RowPair], **options: Any) -> tuple[float, list[torch.Tensor]]:
    model = tiny_model()
    reference = frozen_copy(copy.deepcopy(model))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1.1)
    value, _ = pair_backward(model, pairs, PREFERENCE_LOSSES.build("tdpo", options), plan=PLAN, reference=reference)
    return value, [p.grad.clone() for p in model.parameters() if p.grad is not None]


def test_a_thought_at_the_start_counts_as_if_nothing_came_after_it() -> None:
    whole = [pair((5, 6, 7, 8, 1), (9, 10, 1)), pair((11, 1), (12, 13, 14, 1))]
    staged = [
        replace(whole[0], chosen_span=(0, 2), rejected_span=(0, 1)),
        replace(whole[1], chosen_span=(0, 1), rejected_span=(0, 3)),
    ]
    cut = [pair((5, 6), (9,)), pair((11,), (12, 13, 14))]
    value, found = gradient(staged)
    wanted_value, wanted = gradient(cut)
    assert value == pytest.approx(wanted_value, rel=1e-6)
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-7)
    assert gradient(whole)[0] != pytest.approx(value)


def test_an_action_counts_given_the_thought_before_it() -> None:
    """The thought becomes part of the prompt: the same sum by another way."""
    staged = [replace(pair((5, 6, 7, 1), (5, 6, 8, 1)), chosen_span=(2, 4), rejected_span=(2, 4))]
    prompt = (2, 3, 4, 5, 6)
    moved = RowPair(
        chosen=Row(prompt_ids=prompt, completion_ids=(7, 1)), rejected=Row(prompt_ids=prompt, completion_ids=(8, 1))
    )
    assert gradient(staged, stage="action")[0] == pytest.approx(gradient([moved])[0], rel=1e-6)


@pytest.fixture(scope="module")
def writer() -> Iterator[Writer]:
    _, tokenizer = load_base()
    prompts = PromptBuilder(lambda text: tuple(tokenizer(text)["input_ids"]))
    return Writer(prompts=prompts, tokenizer=tokenizer, codec=get_codec("search_r1"), max_new_tokens=200)


def test_stages_are_where_the_codec_says(writer: Writer) -> None:
    text = "<think>I look it up</think><search>the tower</search>"
    ids = writer.tokens(text)
    assert ids is not None
    thought, action = writer.stage(ids, Part.THOUGHT), writer.stage(ids, Part.ACTION)
    assert thought is not None
    assert action is not None
    assert "I look it up" in writer.tokenizer.decode(ids[slice(*thought)])
    assert "tower" not in writer.tokenizer.decode(ids[slice(*thought)])
    assert "the tower" in writer.tokenizer.decode(ids[slice(*action)])
    assert "look" not in writer.tokenizer.decode(ids[slice(*action)])
    bare = writer.tokens("<search>the tower</search>")
    assert bare is not None
    assert writer.stage(bare, Part.THOUGHT) is None


def test_unknown_stages_are_refused() -> None:
    with pytest.raises(ConfigError, match="stage"):
        PREFERENCE_LOSSES.build("tdpo", {"stage": "answer"})


def test_the_loss_names_its_stage() -> None:
    assert PREFERENCE_LOSSES.build("tdpo").stage is Part.THOUGHT
    assert PREFERENCE_LOSSES.build("dpo").stage is None
