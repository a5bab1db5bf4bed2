"""Rules: what each counts, and which are true of an episode."""

from __future__ import annotations

import pytest

from clickwright.envs.actions import Action, Click, Point, Press, Ref, Search, TypeText, Wait
from clickwright.envs.surface import Element, View
from clickwright.envs.task import Goal
from clickwright.envs.variants.rehearsal import Move, Rehearsal
from clickwright.envs.variants.rules import Rule, RuleKind, rules_for

SEND = Element(ref=1, role="button", name="Submit", box=(0.0, 0.0, 0.5, 0.1))
NEXT = Element(ref=2, role="button", name="Next", box=(0.5, 0.0, 1.0, 0.1))
NAME = Element(ref=3, role="textbox", name="Name", box=(0.0, 0.2, 1.0, 0.3))
NOTE = Element(ref=4, role="textbox", name="Note", box=(0.0, 0.4, 1.0, 0.5))
FORM = (SEND, NEXT, NAME, NOTE)


def played(*actions: Action) -> Rehearsal:
    """An episode on the form."""
    moves = tuple(Move(action=action, elements=FORM) for action in actions)
    return Rehearsal(goal=Goal(text="g"), start=View(elements=FORM), moves=moves)


@pytest.mark.parametrize(
    ("rule", "counted", "ignored"),
    [
        (
            Rule(kind=RuleKind.NOT_TWICE, name="Submit", limit=1),
            [Click(target=Ref(ref=1)), Click(target=Point(x=0.2, y=0.05)), Press(keys=("Enter",), target=Ref(ref=1))],
            [Click(target=Ref(ref=2)), Wait(), Press(keys=("a",), target=Ref(ref=1)), Click(target=Point(x=0, y=1))],
        ),
        (
            Rule(kind=RuleKind.NOT_INTO, name="Note"),
            [TypeText(text="x", target=Ref(ref=4)), TypeText(text="x", target=Point(x=0.5, y=0.45))],
            [Click(target=Ref(ref=4)), TypeText(text="Note", target=Ref(ref=3)), TypeText(text="x")],
        ),
        (Rule(kind=RuleKind.SEARCHES, limit=2), [Search(query="a")], [Wait()]),
        (Rule(kind=RuleKind.AT_MOST, limit=2), [Wait(), Click(target=Ref(ref=9))], []),
    ],
)
def test_what_a_rule_counts(rule: Rule, counted: list[Action], ignored: list[Action]) -> None:
    assert all(rule.counts(action, FORM) for action in counted)
    assert not any(rule.counts(action, FORM) for action in ignored)


def test_keys_without_a_target_go_where_the_focus_is() -> None:
    focused = Element(ref=1, role="button", name="Submit", box=SEND.box, states=("focused",))
    rule = Rule(kind=RuleKind.AVOID, name="Submit")
    assert rule.counts(Press(keys=("Enter",)), (focused, NEXT))
    assert not rule.counts(Press(keys=("Enter",)), FORM)
    assert not rule.counts(Press(keys=("Tab",)), (focused, NEXT))


def test_rules_are_those_that_the_oracle_keeps_and_others_can_break() -> None:
    found = rules_for(played(Click(target=Ref(ref=2)), TypeText(text="a", target=Ref(ref=3)), Click(target=Ref(ref=1))))
    texts = {kind: [rule.text for rule in rules] for kind, rules in found.items()}
    assert texts == {
        RuleKind.AT_MOST: ["Use at most 4 actions."],
        RuleKind.NOT_TWICE: ['Do not press "Next" twice.'],  # Submit is the last: it cannot be pressed twice
        RuleKind.NOT_INTO: ['Do not type into "Note".'],
    }


def test_what_is_pressed_twice_or_has_no_name_of_its_own_is_no_subject() -> None:
    twins = (*FORM, Element(ref=5, role="button", name="Next", box=NEXT.box))
    moves = tuple(Move(action=Click(target=Ref(ref=r)), elements=twins) for r in (1, 1, 3, 4))
    found = rules_for(Rehearsal(goal=Goal(text="g"), start=View(elements=twins), moves=moves))
    assert RuleKind.AVOID not in found
    assert [rule.name for rule in found[RuleKind.NOT_TWICE]] == ["Name"]


def test_searches_are_counted() -> None:
    found = rules_for(played(Search(query="a"), Search(query="b"), Wait()))
    assert found[RuleKind.SEARCHES][0].text == "Search at most 2 times."
    assert Rule(kind=RuleKind.SEARCHES, limit=1).text == "Search at most once."
