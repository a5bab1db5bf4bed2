"""Whether an action does what another does."""

from __future__ import annotations

import pytest

from clickwright.envs.actions import Action, Click, Drag, Finish, Point, Press, Ref, TypeText
from clickwright.rl.rewards.action_match import matches, refers

ELEMENTS = [
    {"ref": 1, "role": "button", "name": "Ok", "box": (0.0, 0.0, 0.5, 0.1)},
    {"ref": 2, "role": "region", "name": "", "box": (0.0, 0.0, 1.0, 1.0)},
]


@pytest.mark.parametrize(
    ("said", "wanted", "same"),
    [
        (Click(target=Ref(ref=1)), Click(target=Ref(ref=1)), True),
        (Click(target=Ref(ref=1, name="Ok")), Click(target=Ref(ref=1)), True),
        (Click(target=Ref(ref=2)), Click(target=Ref(ref=1)), False),
        (Click(target=Point(x=0.4, y=0.05)), Click(target=Ref(ref=1)), True),
        (Click(target=Point(x=0.6, y=0.05)), Click(target=Ref(ref=1)), False),
        (Click(target=Ref(ref=1)), Click(target=Point(x=0.4, y=0.05)), True),
        (Click(target=Point(x=0.1, y=0.09)), Click(target=Point(x=0.4, y=0.05)), True),
        (Click(target=Point(x=0.1, y=0.2)), Click(target=Point(x=0.4, y=0.05)), False),
        (Click(target=Ref(ref=1), button="right"), Click(target=Ref(ref=1)), False),
        (TypeText(text="a", target=Ref(ref=1)), TypeText(text="a", target=Ref(ref=1)), True),
        (TypeText(text="A", target=Ref(ref=1)), TypeText(text="a", target=Ref(ref=1)), False),
        (TypeText(text="a"), TypeText(text="a", target=Ref(ref=1)), False),
        (Press(keys=("Enter",)), Click(target=Ref(ref=1)), False),
        (Drag(path=(Ref(ref=1), Ref(ref=2))), Drag(path=(Ref(ref=1), Ref(ref=2))), True),
        (Drag(path=(Ref(ref=2), Ref(ref=1))), Drag(path=(Ref(ref=1), Ref(ref=2))), False),
        (Drag(path=(Ref(ref=1), Ref(ref=2), Ref(ref=1))), Drag(path=(Ref(ref=1), Ref(ref=2))), False),
        (Finish(), Finish(), True),
    ],
)
def test_matches(said: Action, wanted: Action, same: bool) -> None:
    assert matches(said, wanted, elements=ELEMENTS) is same


def test_places_without_elements_must_be_the_same() -> None:
    here, there = Click(target=Point(x=0.1, y=0.1)), Click(target=Point(x=0.1, y=0.2))
    assert matches(here, here)
    assert not matches(here, there)
    assert not matches(here, Click(target=Ref(ref=7)))


def test_elements_that_are_not_there() -> None:
    assert refers(Click(target=Ref(ref=1)), ELEMENTS)
    assert not refers(Click(target=Ref(ref=9)), ELEMENTS)
    assert refers(Click(target=Point(x=0.1, y=0.1)), [])
