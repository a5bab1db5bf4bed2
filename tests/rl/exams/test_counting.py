"""What episodes are counted as: outcomes, thoughts, sections, pairs."""

from __future__ import annotations

import math
from typing import Any

import pytest

from clickwright.agents.codecs import get_codec
from clickwright.errors import ConfigError
from clickwright.rl.exams.consistency import consistent, thoughts_in
from clickwright.rl.exams.outcome import Outcome, outcome_of
from clickwright.rl.exams.paired import compare_pairs, family_success
from clickwright.rl.exams.summary import summarise
from clickwright.trajectories.records import Episode, Status, Step

ELEMENTS = (
    {"ref": 1, "role": "button", "name": "Send it", "box": (0.0, 0.0, 0.5, 0.5)},
    {"ref": 2, "role": "textbox", "name": "Name", "box": (0.5, 0.0, 1.0, 0.5)},
)


def step(raw: str, action: dict[str, Any], **more: Any) -> Step:
    """A step on a page with a button and a field."""
    return Step(t=0, state_key="", raw=raw, action=action, elements=ELEMENTS, finish_reason="stop", **more)


def tries(env_id: str, seed: int, *won: bool, **more: Any) -> list[Outcome]:
    """Tries at one seed."""
    return [
        Outcome(episode=f"{env_id}{seed}{i}", env_id=env_id, seed=seed, attempt=i, success=w, solved=w, **more)
        for i, w in enumerate(won)
    ]


@pytest.mark.parametrize(
    ("thought", "action", "expected"),
    [
        ("I press SEND  it now", {"kind": "click", "target": {"ref": 1}}, True),
        ("I press [1]", {"kind": "click", "target": {"ref": 1}}, True),
        ("I press Name", {"kind": "click", "target": {"ref": 1}}, False),
        ("the button at the left: Send it", {"kind": "click", "target": {"x": 0.1, "y": 0.1}}, True),
        ("sending it", {"kind": "click", "target": {"ref": 1}}, False),
        ("Ada goes into the field", {"kind": "type", "text": "Ada", "target": {"ref": 2}}, True),
        ("fill in the name", {"kind": "type", "text": "Ada", "target": {"ref": 2}}, True),
        ("fill it in", {"kind": "type", "text": "Ada", "target": {"ref": 2}}, False),
        ("look for Ada Brandt", {"kind": "search", "query": "Ada Brandt"}, True),
        ("press Enter", {"kind": "press", "keys": ["Enter"]}, True),
        ("so it is Oslo", {"kind": "finish", "answer": "Oslo"}, True),
        ("done", {"kind": "finish"}, None),
        ("wait a bit", {"kind": "wait"}, None),
        ("", {"kind": "click", "target": {"ref": 1}}, None),
        ("hm", {"kind": "invalid", "raw": "x", "reason": "syntax"}, None),
    ],
)
def test_a_thought_names_what_is_acted_on(thought: str, action: dict[str, Any], expected: bool | None) -> None:
    assert consistent(thought, step("", action)) is expected


def test_thoughts_are_read_by_the_codec_they_were_written_in() -> None:
    codec = get_codec("hermes")
    call = '<tool_call>\n{"name": "search", "arguments": {"query": "Ada"}}\n</tool_call>'
    steps = tuple(
        step(f"<think>{thought}</think>\n{call}", {"kind": "search", "query": "Ada"})
        for thought in ("I search for Ada", "I search for Bob")
    )
    episode = Episode(id="e", env_id="x", task="x", seed=0, goal="", status=Status.TERMINATED, steps=steps)
    assert thoughts_in(episode, codec) == [True, False]
    counted = outcome_of(episode, codec=codec)
    assert (counted.num_thoughts, counted.num_named) == (2, 1)
    assert outcome_of(episode).num_thoughts == 0
    assert thoughts_in(episode, get_codec("canonical")) == []


def test_an_episode_is_counted() -> None:
    steps = (
        step("", {"kind": "click", "target": {"ref": 1}}, completion_ids=(1, 2), logprobs=(0.0, 0.0),
             reward_parts={"violations": 1.0, "solved": 1.0}),
        step("", {"kind": "finish", "status": "infeasible"}, completion_ids=(3,), logprobs=(0.0,), action_valid=False,
             reward=-0.1),
    )  # fmt: skip
    episode = Episode(id="e", env_id="x/f.a-v0", task="a", seed=4, goal="", status=Status.TERMINATED, steps=steps)
    found = outcome_of(episode, attempt=2)
    assert (found.num_steps, found.num_tokens, found.num_invalid) == (2, 3, 1)
    assert (found.refused, found.solved, found.violations, found.success) == (True, True, 1, False)
    assert found.score == pytest.approx(-0.1)
    assert Outcome.from_json(found.as_json()) == found
    empty = outcome_of(
        Episode(id="e", env_id="x", task="a", seed=0, goal="", status=Status.FAULT, fault={"kind": "page"})
    )
    assert (empty.counts, empty.refused, empty.num_steps) == (False, False, 0)


def test_a_section_is_summed_up_by_hand() -> None:
    outcomes = [
        *tries("a", 0, True, True, False, False, num_steps=2, num_tokens=10, num_invalid=1),
        *tries("a", 1, False, False, False, False, num_steps=4, num_tokens=20),
        *tries("b", 0, True, True, True, True, num_steps=1, num_tokens=5, num_thoughts=2, num_named=1),
    ]
    found = summarise(outcomes, ks=(1, 2, 4))
    # a: seeds 1/2 and 0, so 1/4; b: 1. pass@2 of 2 in 4 is 5/6; pass@4 is 1.
    assert found.success.mean == pytest.approx((0.25 + 1.0) / 2)
    assert found.pass_at[1].mean == pytest.approx(found.success.mean)
    assert found.pass_at[2].mean == pytest.approx((5 / 12 + 1) / 2)
    assert found.pass_at[4].mean == pytest.approx((0.5 + 1) / 2)
    assert found.steps_per_success == pytest.approx((8 + 16 + 4) / 6)
    assert found.tokens_per_success == pytest.approx((40 + 80 + 20) / 6)
    assert found.valid_share == pytest.approx(1 - 4 / 28)
    assert (found.consistency, found.num_thoughts) == (0.5, 8)
    assert found.tasks["a"].success == 0.25
    assert found.tasks["a"].num_tokens == 15.0


def test_rules_and_refusals_are_shares_of_episodes() -> None:
    outcomes = [
        Outcome(episode="1", env_id="a", seed=0, success=True, solved=True),
        Outcome(episode="2", env_id="a", seed=1, solved=True, violations=3),
        Outcome(episode="3", env_id="a", seed=2, refused=True),
        Outcome(episode="4", env_id="a", seed=3),
    ]
    found = summarise(outcomes)
    assert (found.success.mean, found.solved.mean, found.kept.mean, found.refused.mean) == (0.25, 0.5, 0.75, 0.25)


def test_nothing_that_succeeds_has_no_price() -> None:
    found = summarise(tries("a", 0, False, num_steps=3))
    assert found.steps_per_success is None
    assert found.tokens_per_success is None
    assert found.valid_share == 1.0
    assert math.isnan(found.success.low)


def test_faults_leave_a_seed_with_fewer_tries() -> None:
    lost = [Outcome(episode="x", env_id="a", seed=0, attempt=9, counts=False)]
    found = summarise([*tries("a", 0, True), *lost, *tries("a", 1, False, True)], ks=(1, 2))
    assert found.num_faults == 1
    assert found.pass_at[2].mean == 1.0  # of the one seed that has two tries
    with pytest.raises(ConfigError, match="most is 1"):
        summarise([*tries("a", 0, True), *lost], ks=(2,))
    with pytest.raises(ConfigError, match="not one of 1"):
        summarise(lost)


def test_pairs_are_matched_by_task_and_seed() -> None:
    first = [
        *tries("a", 0, True, False),
        *tries("a", 1, False, False),
        *tries("b", 0, True, True),
        *tries("c", 0, True),
    ]
    second = [
        *tries("b", 0, False, False),
        *tries("a", 1, True, True),
        *tries("a", 0, True, True),
        *tries("a", 9, True),
    ]
    found = compare_pairs(first, second)
    assert (found.num_pairs, found.num_unpaired, found.num_better, found.num_worse) == (3, 2, 2, 1)
    assert found.by_task == {"a": 0.75, "b": -1.0}
    assert found.difference.mean == pytest.approx(-0.125)
    assert (found.only_first, found.only_second) == (1, 1)
    # Flips 1, 2, -2: sums -5, -3, -1 (twice), 1 (twice), 3, 5; all of them are at least 1 from 0.
    assert found.p_value == 1.0


def test_pairs_with_different_numbers_of_tries_are_left_out() -> None:
    with pytest.raises(ConfigError, match="both agents have tried"):
        compare_pairs(tries("a", 0, True), tries("a", 0, True, False))


def test_family_success_needs_both_twins() -> None:
    plain = [*tries("a", 0, True), *tries("a", 1, True), *tries("a", 2, False), *tries("a", 3, True)]
    twins = [*tries("a", 0, True), *tries("a", 1, False), *tries("a", 2, True)]
    assert family_success(plain, twins).mean == pytest.approx(1 / 3)
