import re

import pytest

from clickwright.envs.actions import Click, Point, Press, Ref, TypeText, Wait
from clickwright.envs.games.trail.surface import PROBE, TrailSurface
from clickwright.envs.games.trail.world import Page, Trail
from clickwright.envs.surface import Wants
from clickwright.errors import ConfigError

TRAIL = Trail(
    stops=("amet", "elit", "sed"),
    pages=(
        Page(footer="start", links=("sed", "amet", "nunc")),
        Page(footer="amet", links=("vel", "sed"), has_field=True),
        Page(footer="elit", links=("amet", "sed")),
    ),
    astray=tuple(Page(footer="astray", links=(f"lost{place}", "Back")) for place in range(3)),
)
ALL = Wants(probe=PROBE)


@pytest.fixture
def surface():
    made = TrailSurface()
    made.load(TRAIL)
    return made


def click(surface, ref, name=None):
    return surface.step(Click(target=Ref(ref=ref, name=name)), ALL)


def test_a_page_is_lines_with_refs_and_a_footer(surface):
    view = surface.step(None, ALL)
    assert view.text == 'link "sed" [1]\nlink "amet" [2]\nlink "nunc" [3]\ntext "start"'
    assert [(element.ref, element.role, element.name) for element in view.elements] == [
        (1, "link", "sed"), (2, "link", "amet"), (3, "link", "nunc"),
    ]  # fmt: skip
    assert view.state == {"passed": 0, "stops": 3}
    assert view.error == ""
    assert surface.step(None, Wants(text=False)).elements == ()


def test_the_whole_way(surface):
    view = click(surface, 2, "amet")
    assert view.text == 'textbox [1]\nbutton "Ok" [2]\nlink "vel" [3]\nlink "sed" [4]\ntext "amet"'
    view = surface.step(TypeText(target=Ref(ref=1), text="elit"), ALL)
    assert view.text.startswith('textbox [1] value="elit" focused\nbutton "Ok" [2]\n')
    assert view.state["passed"] == 1
    assert click(surface, 2, "Ok").state["passed"] == 2
    view = click(surface, 2)
    assert (view.text, view.elements, view.state["passed"]) == ('text "the end"', (), 3)
    assert "no element" in click(surface, 1).error


def test_a_wrong_link_leads_astray_and_back_to_the_same_state(surface):
    before = surface.step(None, ALL)
    lost = click(surface, 3)
    assert lost.text == 'link "lost0" [1]\nlink "Back" [2]\ntext "astray"'
    assert click(surface, 1).key == lost.key != before.key
    back = click(surface, 2)
    assert (back.key, back.text) == (before.key, before.text)
    assert click(surface, 1).key == lost.key  # a stop of later on


def test_a_stop_that_was_passed_leads_back_to_it(surface):
    click(surface, 2)
    at_the_field = surface.step(None, ALL).key
    surface.step(TypeText(target=Ref(ref=1), text="elit"), ALL)
    click(surface, 2)
    assert click(surface, 1).key == at_the_field  # what was typed is gone


@pytest.mark.parametrize("typed", ["vel", "", "sed"])
def test_a_wrong_word_leads_astray_when_it_is_confirmed(surface, typed):
    click(surface, 2)
    view = surface.step(TypeText(target=Ref(ref=1), text=typed), ALL)
    assert (view.state["passed"], surface.is_astray, view.error) == (1, False, "")
    assert 'text "astray"' in click(surface, 2).text


def test_typing_replaces_or_goes_on(surface):
    click(surface, 2)
    surface.step(TypeText(target=Ref(ref=1), text="el"), ALL)
    surface.step(TypeText(target=Ref(ref=1), text="it", clear=False), ALL)
    assert surface.value == "elit"
    assert surface.step(None, ALL).elements[0].value == "elit"
    surface.step(TypeText(target=Ref(ref=1), text='a "b"\nc'), ALL)
    assert surface.step(None, ALL).text.split("\n")[0] == 'textbox [1] value="a \\"b\\"\\nc" focused'


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (Press(keys=("Enter",)), "click or type"),
        (Click(target=Point(x=0.5, y=0.5)), "give the ref"),
        (TypeText(text="elit"), "give the ref"),
        (Click(target=Ref(ref=9)), r"no element \[9\]"),
        (Click(target=Ref(ref=1, name="amet")), r'\[1\] is called "", not "amet"'),
        (TypeText(target=Ref(ref=3), text="elit"), "is a link"),
        (TypeText(target=Ref(ref=1), text="elit", submit=True), "click Ok"),
    ],
)
def test_what_cannot_be_done_changes_nothing(surface, action, reason):
    click(surface, 2)
    before = surface.snapshot()
    view = surface.step(action, ALL)
    assert re.search(reason, view.error)
    assert surface.snapshot() == before


def test_waiting_and_clicking_into_the_field_do_no_harm(surface):
    click(surface, 2)
    before = surface.snapshot()
    assert surface.step(Wait(ms=100), ALL).error == click(surface, 1).error == ""
    assert surface.snapshot() == before


def test_snapshots_bring_everything_back(surface):
    click(surface, 2)
    surface.step(TypeText(target=Ref(ref=1), text="eli"), ALL)
    token, key = surface.snapshot(), surface.step(None, ALL).key
    surface.load(TRAIL)
    surface.restore(token)
    assert surface.step(None, ALL).key == key
    with pytest.raises(ConfigError, match="not a snapshot"):
        surface.restore("page 3")


def test_without_a_trail_there_is_nowhere_to_be(surface):
    surface.close()
    surface.close()
    with pytest.raises(ConfigError, match="load"):
        surface.step(None, ALL)


def test_text_fits_its_budget(surface):
    assert surface.step(None, Wants(text_budget=32)).text == 'link "sed" [1]\n... 3 more'
