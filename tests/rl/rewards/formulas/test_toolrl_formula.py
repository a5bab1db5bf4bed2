"""ToolRL's reward: the worked numbers of the reference, every switch, and anything a model may say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.rl.rewards.formulas.tool_calls import MAX_CALLS, Call, Granularity, Pairing, overlap, read_calls
from clickwright.rl.rewards.formulas.toolrl import (
    Bounds,
    Length,
    Rules,
    calls_reward,
    correct_bound,
    correctness,
    format_bounds,
    length_reward,
    reward,
    well_formed,
)

PARIS, ROME = Call("weather", {"city": "Paris"}), Call("weather", {"city": "Rome"})
PARIS_C = Call("weather", {"city": "Paris", "unit": "C"})
FINE = Rules()


def score(wanted: list[Call], given_: list[Call], bound: float = 3.0, **switches: Any) -> float:
    return calls_reward(wanted, given_, Rules(**switches), bound=bound)


def text_of(*calls: Call) -> str:
    lines = "\n".join(json.dumps({"name": call.name, "parameters": dict(call.parameters)}) for call in calls)
    return f"<think>so</think>\n<tool_call>\n{lines}\n</tool_call>"


def test_worked_numbers_of_the_calls() -> None:
    assert score([PARIS_C], [PARIS_C]) == 3.0
    assert score([PARIS_C], [PARIS]) == pytest.approx(0.75)
    assert score([PARIS_C], [Call("weather", {"city": "Paris", "unit": "F"})]) == pytest.approx(1.5)
    assert score([PARIS_C], [Call("wether", {"city": "Paris", "unit": "C"})]) == pytest.approx(-3.0)
    assert score([PARIS_C], [PARIS_C, Call("time")]) == pytest.approx(2.25)
    assert score([PARIS, ROME], [ROME, PARIS]) == pytest.approx(3.0)
    assert score([Call("weather")], [Call("weather", {"city": "Paris"})]) == pytest.approx(0.0)


def test_one_call_for_two_goes_where_it_is_worth_most_and_greedily_to_the_first() -> None:
    assert score([PARIS, ROME], [ROME]) == pytest.approx(0.0)
    assert score([PARIS, ROME], [ROME], pairing=Pairing.GREEDY) == pytest.approx(-1.2)


def test_the_worked_numbers_come_to_the_same_pairs_greedily() -> None:
    for wanted, given_ in ([[PARIS_C], [PARIS]], [[PARIS_C], [PARIS_C, Call("time")]], [[PARIS, ROME], [ROME, PARIS]]):
        assert score(wanted, given_) == score(wanted, given_, pairing=Pairing.GREEDY)


def test_granularity() -> None:
    almost = [Call("weather", {"city": "Paris"})]
    assert score([PARIS_C], almost, granularity=Granularity.COARSE) == -3.0
    assert score([PARIS_C], [PARIS_C], granularity=Granularity.COARSE) == 3.0
    # names 1 of 1, the call is not right as a whole: 1 of 2
    assert score([PARIS_C], almost, granularity=Granularity.INTERMEDIATE) == pytest.approx(0.0)
    # names 1/2 with the extra call, the call is right: 1.5 of 2
    found = score([PARIS_C], [PARIS_C, Call("time")], granularity=Granularity.INTERMEDIATE)
    assert found == pytest.approx(6 * 1.5 / 2 - 3)


def test_strict_lists() -> None:
    # names 1, parameter names 0 instead of 1/2, one value: 2 of 4
    assert score([PARIS_C], [PARIS], strict=True) == pytest.approx(0.0)
    assert overlap(["a", "b"], ["b", "a"]) == 1.0
    assert overlap(["a", "b"], ["b", "a"], strict=True) == 0.0
    assert overlap(["a", "a"], ["a"]) == 0.5


def test_no_call_wanted_or_none_that_can_be_read() -> None:
    assert correctness("<think>x</think>\n<response>y</response>", "<response>y</response>", FINE) == 0.0
    for broken in ("", "<tool_call>", "<tool_call>\nnot json\n</tool_call>", "<tool_call>\n[]\n</tool_call>",
                   '<tool_call>\n{"name": "weather"}\n</tool_call>',
                   '<tool_call>\n{"name": 1, "parameters": {}}\n</tool_call>'):  # fmt: skip
        assert correctness(broken, text_of(PARIS), FINE) == -3.0
    assert correctness(text_of(PARIS), text_of(PARIS), FINE) == 3.0
    many = text_of(*[PARIS] * (MAX_CALLS + 1))
    assert read_calls(many) is None
    assert len(read_calls(text_of(*[PARIS] * MAX_CALLS)) or ()) == MAX_CALLS
    with pytest.raises(ValueError, match="cannot be read"):
        correctness("x", "<tool_call>\n{\n</tool_call>", FINE)


THINK, CALL, SAY = (
    "<think>a\nb</think>",
    '<tool_call>\n{"name": "t", "parameters": {}}\n</tool_call>',
    "<response>c</response>",
)


@pytest.mark.parametrize("truth", [THINK, f"{THINK}\n{CALL}", f"{THINK}\n{SAY}", f"{THINK}\n{CALL}\n{SAY}"])
def test_the_form_is_that_of_the_right_answer(truth: str) -> None:
    forms = [THINK, f"{THINK}\n{CALL}", f"{THINK}\n{SAY}", f"{THINK}\n{CALL}\n{SAY}"]
    assert [well_formed(form, truth) for form in forms] == [form == truth for form in forms]


def test_what_is_out_of_form() -> None:
    truth = f"{THINK}\n{CALL}"
    for broken in (f"{THINK} {CALL}", f"x{THINK}\n{CALL}", f"{THINK}\n{CALL}x", f"{THINK}\n{CALL}\n{CALL}", CALL,
                   f"{CALL}\n{THINK}", f"{THINK}\n<tool_call>x</tool_call>", f"{THINK}{THINK}\n{CALL}",
                   f"{THINK}\n<tool_call>\n</tool_call>"):  # fmt: skip
        assert not well_formed(broken, truth), broken
    assert reward(f"  {truth}\n", truth, FINE).format == 1.0


def test_bounds_over_the_iterations() -> None:
    stages = Rules(bounds=Bounds.TWO_STAGE)
    assert [format_bounds(stages, s) for s in (0, 29, 30)] == [(0.0, 1.0), (0.0, 1.0), (0.0, 0.5)]
    assert [correct_bound(stages, s) for s in (0, 29, 30)] == [1.0, 1.0, 3.0]
    gradual = Rules(bounds=Bounds.GRADUAL)
    assert [correct_bound(gradual, s) for s in (0, 75, 150, 300)] == [2.0, 2.5, 3.0, 3.0]
    assert [format_bounds(gradual, s)[1] for s in (0, 75, 150, 300)] == [2.0, 1.5, 1.0, 1.0]
    assert [format_bounds(gradual, s)[0] for s in (0, 30, 75, 150)] == pytest.approx([-2.0, -1.6, -1.0, -1.0])
    assert format_bounds(FINE, 99) == (0.0, 1.0)
    assert correct_bound(Rules(correct=1.0), 0) == 1.0
    assert reward(text_of(PARIS), text_of(PARIS), gradual, iteration=75).total == pytest.approx(1.5 + 2.5)
    assert reward("no", text_of(PARIS), gradual, iteration=0).total == pytest.approx(-2.0 - 2.0)


def test_length() -> None:
    thought = f"<think>{'word ' * 256}</think>"
    assert length_reward(thought, Length.OFF) == 0.0
    assert length_reward(thought, Length.FIXED) == 0.5
    assert length_reward(thought, Length.GROWING, 0) == pytest.approx(round(256 / 384, 2))
    assert length_reward(thought, Length.GROWING, 105) == 0.4
    assert length_reward(f"<think>{'word ' * 900}</think>", Length.FIXED) == 1.0
    assert length_reward("no thought", Length.FIXED) == 0.0
    terms = reward(f"{thought}\n{SAY}", f"{THINK}\n{SAY}", Rules(length=Length.FIXED))
    assert (terms.format, terms.correct, terms.length, terms.total) == (1.0, 0.0, 0.5, 1.5)


PIECES = st.lists(
    st.sampled_from(["<think>", "</think>", "\n", "<tool_call>", "</tool_call>", "<response>", "</response>", "{", "}",
                     '{"name": "t", "parameters": {}}', '"', "[", "\\", "x", "\ud800"]), max_size=40
).map("".join)  # fmt: skip


@given(PIECES | st.text(max_size=200), st.sampled_from([THINK, f"{THINK}\n{CALL}", f"{THINK}\n{CALL}\n{SAY}"]))
def test_whatever_is_said_earns_something_within_bounds(text: str, truth: str) -> None:
    terms = reward(text, truth, Rules(length=Length.FIXED))
    assert terms.format in (0.0, 1.0)
    assert -3.0 <= terms.correct <= 3.0
    assert 0.0 <= terms.length <= 1.0


def test_the_longest_texts_are_read_in_no_time() -> None:
    for unit in ("<think>", "</think>\n", "<tool_call>\n", "\n", "{", '{"a":', "[", " "):
        text = unit * (200_000 // len(unit))
        reward(text, f"{THINK}\n{CALL}\n{SAY}", Rules(length=Length.FIXED))


CALLS = st.lists(
    st.builds(Call, st.sampled_from(["a", "b"]), st.dictionaries(st.sampled_from("xyz"), st.integers(0, 2))), max_size=6
)


@given(CALLS, CALLS)
def test_best_pairs_are_never_worse_than_greedy_ones(wanted: list[Call], given_: list[Call]) -> None:
    best, greedy = (score(wanted, given_, pairing=pairing) for pairing in (Pairing.BEST, Pairing.GREEDY))
    assert -3.0 <= greedy <= best + 1e-9 <= 3.0 + 2e-9
