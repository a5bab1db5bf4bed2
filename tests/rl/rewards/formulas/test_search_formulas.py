"""The rewards of search agents by the tables of the reference, where the releases stumble, and any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.rl.advantages.segments import Norm, normalise
from clickwright.rl.rewards.formulas import tool_star
from clickwright.rl.rewards.formulas.search_r1 import GRAMMAR, answer_of, format_reward, plain_reward
from clickwright.rl.rewards.formulas.tags import read_blocks

GOLD = ("Paris", "City of Light")
THOUGHT, FOUND = "<think>hm</think>", "<search>capital</search>\n<information>Its capital is paris.</information>"
NOTHING = "<search>capital</search><information>no document</information>"
RIGHT, WRONG = "<answer> the Paris. </answer>", "<answer>Rome</answer>"


def valid(text: str) -> bool:
    return not GRAMMAR.fault(read_blocks(text, GRAMMAR.tags))


def test_the_grammar() -> None:
    for text in (f"{THOUGHT}{RIGHT}", f" {THOUGHT}\n{FOUND}\n{THOUGHT}{FOUND}{THOUGHT}\n\n{RIGHT}\n"):
        assert valid(text), text
    for text in ("", THOUGHT, RIGHT, f"{THOUGHT}{RIGHT}bye", f"hi{THOUGHT}{RIGHT}", f"{THOUGHT}{RIGHT}{RIGHT}",
                 f"{THOUGHT}{FOUND}{RIGHT}", f"{THOUGHT}<search>q</search>{THOUGHT}{RIGHT}",
                 f"{THOUGHT}{THOUGHT}{RIGHT}",
                 f"<think>{THOUGHT}</think>{RIGHT}", f"{THOUGHT}<answer>Paris", f"{THOUGHT}so{RIGHT}"):  # fmt: skip
        assert not valid(text), text


def test_the_table_of_the_format_version() -> None:
    assert format_reward(f"{THOUGHT}{RIGHT}", GOLD) == 1.0
    assert format_reward(f"{THOUGHT}{RIGHT} bye", GOLD) == pytest.approx(0.8)
    assert format_reward(f"{THOUGHT}{WRONG}", GOLD) == 0.2
    assert format_reward(f"{WRONG}", GOLD) == 0.1
    assert format_reward("I do not know", GOLD) == 0.0
    wrong_way = f"{THOUGHT}{FOUND}{THOUGHT}{WRONG}"
    assert format_reward(wrong_way, GOLD) == 0.2
    assert format_reward(wrong_way, GOLD, retrieval=0.1) == pytest.approx(0.3)
    assert format_reward(wrong_way.replace(FOUND, NOTHING), GOLD, retrieval=0.1) == 0.2
    assert format_reward(wrong_way, ["the"], retrieval=0.1) == 0.2, "a truth without a word occurs nowhere"


def test_the_release_needs_two_answers() -> None:
    """So a valid response, which holds one, counts as one without an answer; here it is read."""
    assert format_reward(f"{THOUGHT}{RIGHT}", GOLD, answers_needed=2) == 0.2
    prompt = "For example, <answer> Beijing </answer>."
    assert plain_reward(f"{prompt}{THOUGHT}{RIGHT}", GOLD, answers_needed=2) == 1.0
    assert plain_reward(f"{THOUGHT}{RIGHT}", GOLD, answers_needed=2) == 0.0
    assert plain_reward(f"{THOUGHT}{RIGHT}", GOLD) == 1.0


def test_the_plain_version() -> None:
    assert plain_reward("<answer>city of light!</answer>", GOLD) == 1.0
    assert plain_reward(WRONG, GOLD) == 0.0
    assert plain_reward(WRONG, GOLD, format_score=0.1) == 0.1
    assert plain_reward("Paris", GOLD, format_score=0.1) == 0.0
    assert plain_reward(f"{WRONG}{RIGHT}", GOLD) == 1.0, "the last answer counts"
    assert answer_of("<answer>a<answer>b</answer>") == "a<answer>b"
    assert answer_of("</answer>a<answer>") is None


def test_the_group_of_the_reference() -> None:
    texts = [f"{THOUGHT}{RIGHT}", f"{THOUGHT}{WRONG}", f"{THOUGHT}{WRONG}", WRONG, "?"]
    rewards = np.array([format_reward(text, GOLD) for text in texts])
    assert rewards.tolist() == [1.0, 0.2, 0.2, 0.1, 0.0]
    found = normalise(rewards, np.zeros(5, dtype=np.int64), 1, norm=Norm.MEAN_STD)
    assert found == pytest.approx([1.749996, -0.249999, -0.249999, -0.499999, -0.749998], abs=2e-6)


CALLED = "<search>q</search><result>r</result><python>1</python><result>1</result>"


def test_tool_star() -> None:
    both = f"{THOUGHT} first {CALLED}{THOUGHT}<answer>so \\boxed{{Paris}}</answer>"
    assert tool_star.reward(both, GOLD) == pytest.approx(1.1)
    assert tool_star.reward(both.replace("{Paris}", "{Paris France}"), GOLD) == pytest.approx(2 / 3 + 0.1)
    assert tool_star.reward(both.replace("{Paris}", "{Rome}"), GOLD) == 0.0
    one = f"{THOUGHT}<search>q</search><result>r</result><answer>\\boxed{{Paris}}</answer>"
    assert tool_star.reward(one, GOLD) == 1.0
    assert tool_star.reward(one.replace("<result>r</result>", ""), GOLD) == -1.0
    assert tool_star.reward(one.replace("\\boxed", ""), GOLD) == -1.0
    assert tool_star.reward(one.replace("</think>", ""), GOLD) == -1.0
    assert tool_star.reward("Paris", GOLD) == -1.0
    assert tool_star.boxed("\\boxed{a} \\boxed{b{c}d}") == "b{c}d"
    assert tool_star.boxed("\\boxed{never closed") is None
    assert tool_star.reward("<think>x</think><answer>\\boxed{yes}</answer>", ["no"]) == 0.0


def test_tools_that_are_only_mentioned_count_in_the_release() -> None:
    said = "<think>neither </search> nor </python></think><answer>\\boxed{Paris}</answer>"
    assert tool_star.reward(said, GOLD, strict=False) == pytest.approx(1.1)
    assert tool_star.reward(said, GOLD) == -1.0
    called = f"{THOUGHT}{CALLED}<answer>\\boxed{{Paris}}</answer>"
    assert tool_star.reward(called, GOLD, strict=False) == tool_star.reward(called, GOLD) == pytest.approx(1.1)
    late = f"{THOUGHT}<search>q</search><answer>\\boxed{{Paris}}</answer><result>r</result>"
    assert tool_star.reward(late, GOLD, strict=False) == 1.0
    assert tool_star.reward(late, GOLD) == -1.0
    for broken in (late.replace("<result>", ""), late.replace("</think>", ""), late.replace("\\boxed", "")):
        assert tool_star.reward(broken, GOLD, strict=False) == -1.0


TEXTS = st.text(max_size=300) | st.lists(
    st.sampled_from([THOUGHT, FOUND, RIGHT, WRONG, CALLED, "<think>", "</think>", "<answer>", "</search>", "\\boxed{",
                     "}", " ", "x"]), max_size=30
).map("".join)  # fmt: skip


@given(TEXTS)
def test_any_text_earns_what_the_tables_say(text: str) -> None:
    assert format_reward(text, GOLD, retrieval=0.1) in (0.0, 0.1, 0.2, 0.2 + 0.1, 0.8, 1.0)
    assert plain_reward(text, GOLD) in (0.0, 1.0)
    for strict in (True, False):
        score = tool_star.reward(text, GOLD, strict=strict)
        assert score == -1.0 or 0.0 <= score <= 1.1


def test_the_longest_texts_are_read_in_no_time() -> None:
    for unit in ("<think>", "<answer>", "</answer>", "<search></search>", "\\boxed{", "{", "a ", " "):
        text = unit * (200_000 // len(unit))
        format_reward(text, GOLD)
        plain_reward(text, GOLD)
        tool_star.reward(f"{THOUGHT}<answer>{text}</answer>", GOLD)
