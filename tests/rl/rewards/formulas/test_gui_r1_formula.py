"""GUI-R1's reward: the fixtures of the reference, the strict reading beside the release's, and any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.rl.rewards.formulas.gui_r1 import (
    Match,
    Reading,
    Step,
    Truth,
    accuracy,
    read_by_patterns,
    read_step,
    reward,
)
from clickwright.rl.rewards.formulas.overlap import token_f1, word_set_f1

NEAR = Truth(action="click", place=(500.0, 300.0))


def click(x: float, y: float) -> Step:
    return Step(action="click", point=(x, y))


def answer(said: str) -> str:
    return f"<think>so</think>\n<answer>{said}</answer>"


def test_a_click_by_its_distance_in_pixels() -> None:
    assert accuracy(click(600, 390), NEAR) == 1.0  # 18100 < 19600
    assert accuracy(click(640, 300), NEAR) == 0.0  # 19600 is not
    assert accuracy(click(639, 300), NEAR) == 1.0
    assert accuracy(Step(action="long_press", point=(500.0, 300.0)), NEAR) == 0.0
    assert accuracy(Step(action="CLICK", point=(500.0, 300.0)), NEAR) == 1.0
    assert accuracy(Step(action="click"), NEAR) == 0.0


def test_a_radius_relative_to_the_image() -> None:
    """140 px are 14 % of an image of 1000 px and 7 % of one of 2000: the same share, twice the pixels."""
    for width, height in ((1000.0, 1000.0), (2000.0, 2000.0)):
        truth = Truth(action="click", place=(width / 2, height / 2))
        scale = (1 / width, 1 / height)
        assert accuracy(click(width / 2 + 0.139 * width, height / 2), truth, radius=0.14, scale=scale) == 1.0
        assert accuracy(click(width / 2 + 0.141 * width, height / 2), truth, radius=0.14, scale=scale) == 0.0
    assert accuracy(click(1000 + 278, 1000), Truth(action="click", place=(1000.0, 1000.0))) == 0.0


def test_a_click_in_a_box_and_on_its_edge() -> None:
    box = Truth(action="click", place=(10.0, 10.0, 20.0, 20.0))
    assert accuracy(click(11, 19), box) == 1.0
    assert accuracy(click(10, 15), box) == accuracy(click(15, 20), box) == 0.0
    assert accuracy(click(15, 15), Truth(action="click")) == 0.0


@pytest.mark.parametrize(
    ("said", "wanted", "f1"),
    [
        ("shanghai mall", "shanghai shopping mall", 0.8),
        ("left", "LEFT", 1.0),
        ("up", "upstairs", 1.0),
        ("new york weather", "weather in new york city", 0.75),
        ("one two", "three four", 0.0),
        ("", "three", 0.0),
        ("", "", 0.0),
        ("[a]", "A", 1.0),
    ],
)
def test_words_in_common(said: str, wanted: str, f1: float) -> None:
    assert word_set_f1(said, wanted) == pytest.approx(f1)
    typed = accuracy(Step(action="type", text=said), Truth(action="type", text=wanted))
    assert typed == float(f1 >= 0.5)


def test_exact_texts_and_actions_without_any() -> None:
    almost, truth = Step(action="type", text="shanghai mall"), Truth(action="type", text="shanghai shopping mall")
    assert accuracy(almost, truth) == 1.0
    assert accuracy(almost, truth, match=Match.EXACT) == 0.0
    back, home = Step(action="press", text="back"), Truth(action="press", text="home")
    assert accuracy(back, home) == 1.0
    assert accuracy(back, home, match=Match.EXACT) == 0.0


def test_f1_of_answers() -> None:
    assert token_f1("The Eiffel Tower", "Eiffel tower in Paris") == pytest.approx(0.666667, abs=1e-6)
    assert token_f1("yes", "no") == token_f1("yes", "yes it is") == token_f1("", "") == 0.0
    assert token_f1("Yes.", "yes") == 1.0


def test_the_whole_reward() -> None:
    right = answer("[{'action': 'click', 'point': [510, 300], 'input_text': 'no input text'}]")
    assert reward(right, NEAR) == pytest.approx(1.0)
    far = answer("[{'action': 'click', 'point': [900, 300], 'input_text': 'no input text'}]")
    assert reward(far, NEAR) == pytest.approx(0.2)
    assert reward("click it", NEAR) == 0.0


def test_double_quotes_and_apostrophes_where_the_release_stumbles() -> None:
    doubled = answer('[{"action": "click", "point": [510, 300], "input_text": ""}]')
    assert reward(doubled, NEAR) == pytest.approx(1.0)
    assert reward(doubled, NEAR, reading=Reading.PATTERNS) == pytest.approx(0.2)
    apostrophe = answer("""[{'action': 'type', 'point': [0, 0], 'input_text': "joe's long story"}]""")
    truth = Truth(action="type", text="joe's long story")
    assert reward(apostrophe, truth) == pytest.approx(1.0)
    assert reward(apostrophe, truth, reading=Reading.PATTERNS) == pytest.approx(0.2)
    single = answer("[{'action': 'click', 'point': [510, 300], 'input_text': ''}]")
    assert reward(single, NEAR, reading=Reading.PATTERNS) == pytest.approx(1.0)
    two = answer("[{'action': 'click', 'point': [9, 9], 'input_text': '[510, 300]'}]")
    assert reward(two, NEAR, reading=Reading.PATTERNS) == pytest.approx(1.0), "the release takes the last pair"
    assert reward(two, NEAR) == pytest.approx(0.2)


@pytest.mark.parametrize(
    "said",
    [
        "__import__('os').system('true')",
        "[{'action': 'click', 'point': [1, 2]}]",
        "[{'action': 'click', 'point': [1.5, 2], 'input_text': ''}]",
        "[{'action': 'click', 'point': [True, 2], 'input_text': ''}]",
        "[{'action': 'click', 'point': '12', 'input_text': ''}]",
        "[{'action': 'scroll', 'point': [1, 2], 'input_text': 'sideways'}]",
        "[{'action': 'type', 'point': [1, 2], 'input_text': 'no input text'}]",
        "[]",
        "{}",
        "7",
        "[[[[",
    ],
)
def test_what_is_out_of_form(said: str) -> None:
    assert read_step(answer(said))[1] is False


def test_tags_out_of_form() -> None:
    good = "[{'action': 'wait', 'point': [0, 0], 'input_text': ''}]"
    for text in (f"<answer>{good}</answer>", f"{answer(good)} bye", f"hi {answer(good)}", answer(good) * 2):
        assert read_step(text) == (None, False)
    assert read_by_patterns("nothing") == Step(action="no action", point=(0.0, 0.0), text="no input text")


@given(st.text(max_size=300) | st.lists(st.sampled_from(
    ["<think>", "</think>", "<answer>", "</answer>", "[", "]", "{", "}", "'action':", "'point': [1, 2]", "'", '"', ","])
).map("".join))  # fmt: skip
def test_any_text_is_read_and_nothing_is_run(text: str) -> None:
    for said in (text, answer(text)):
        read_step(said)
        assert reward(said, NEAR) in (0.0, 0.2, 0.8, 1.0)
        assert 0.0 <= reward(said, NEAR, reading=Reading.PATTERNS) <= 1.0


def test_the_longest_texts_are_read_in_no_time() -> None:
    for unit in ("<think>", "</answer>", "[", "'action': ", "'input_text': ", "'action':  \n", "[1,", " "):
        reward(answer(unit * (200_000 // len(unit))), NEAR, reading=Reading.PATTERNS)
