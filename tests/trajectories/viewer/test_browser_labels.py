"""Labelling in a real Chromium: nothing said is lost, and everybody sees it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from clickwright.trajectories.annotations import AnnotationBook
from clickwright.trajectories.annotations.commands import export
from tests.trajectories.viewer.conftest import SIZE
from tests.trajectories.viewer.driving import click_screen, counter, open_viewer, pressed, saved

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_from_the_list_to_labels_that_are_still_there(page: Any, viewer: Any, tmp_path: Path) -> None:
    open_viewer(page, viewer)
    assert "token" not in page.url
    assert page.locator(".episode-row").count() == 18

    # Filter by the query line, and by a facet.
    page.keyboard.press("/")
    page.keyboard.type("group:group-a")
    page.keyboard.press("Enter")
    page.locator(".episode-row").nth(2).wait_for()
    expect(page.locator(".episode-row")).to_have_count(3)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=re.compile("^failure")).click()
    expect(page.locator(".episode-row")).to_have_count(2)
    assert "outcome%3Afailure" in page.url or "outcome:failure" in page.url

    # Open the second with the keyboard and step through it.
    page.locator("h1").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".episode-view").wait_for()
    assert page.locator(".strip .frame").count() == 4
    assert counter(page) == "1 / 3"
    page.keyboard.press("ArrowRight")
    assert counter(page) == "2 / 3"
    page.keyboard.press("End")
    assert counter(page) == "end"
    page.keyboard.press("Home")
    assert counter(page) == "1 / 3"
    assert page.locator(".stage svg .action .ring").count() == 1

    # Label by keyboard.
    page.keyboard.press("g")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("b")
    page.keyboard.press("e")
    page.keyboard.press("4")
    assert (pressed(page, "bad"), pressed(page, "first error")) == (True, True)
    page.keyboard.press("t")
    page.keyboard.type("wrong door")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("c")
    page.keyboard.type("It pressed the other button.")
    page.get_by_role("button", name="Save", exact=True).click()
    saved(page)

    # Correct the action by clicking on the other element, which the action then names.
    page.keyboard.press("k")
    click_screen(page, 0.2, 0.57, size=SIZE)
    line = page.get_by_role("textbox", name="Action")
    assert line.input_value() == 'click "Save" [1]'
    page.locator(".stage .proposal .target").wait_for()
    page.keyboard.press("Enter")
    page.locator(".correction").wait_for(state="hidden")
    saved(page)

    # Undo the correction, and make it again with a bare point and a nudge.
    page.keyboard.press("u")
    page.locator(".judgement p.fix").wait_for(state="detached")
    page.keyboard.press("k")
    page.keyboard.down("Shift")
    click_screen(page, 0.5, 0.9, size=SIZE)
    page.keyboard.up("Shift")
    before = line.input_value()
    page.keyboard.press("ArrowRight")
    assert re.fullmatch(r"click \(0\.\d+, 0\.\d+\)", before)
    assert line.input_value() != before
    page.keyboard.press("Enter")
    page.locator(".judgement p.fix").wait_for()
    saved(page)

    # Reload: everything is still there.
    page.reload()
    page.locator(".judgement p.fix").wait_for()
    assert (pressed(page, "bad"), pressed(page, "first error")) == (True, True)
    assert page.locator(".strip .frame").nth(0).locator(".label.good").count() == 1
    assert page.locator(".strip .frame").nth(2).get_attribute("class").split()[-1] == "beyond"
    assert page.get_by_role("button", name=re.compile("Tag wrong door")).count() == 1
    assert "other button" in page.locator(".critique").inner_text()
    assert page.get_by_role("button", name="4 of 5").get_attribute("aria-pressed") == "true"

    # And they can be exported.
    with AnnotationBook(viewer.run) as book:
        said = {(one.kind, one.at.t): one.value for one in book.current(author="ann")}
    assert said["label", 0] == "good"
    assert said["label", 1] == "bad"
    assert said["rating", None] == 4
    assert said["tag", 1] == "wrong door"
    assert said["correction", 1]["action"]["kind"] == "click"
    assert "wrote 7 annotations" in export(viewer.run, tmp_path / "out.jsonl")


def test_labels_wait_while_the_viewer_is_away(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-0")
    page.route("**/api/annotations", lambda route: route.abort())
    page.keyboard.press("g")
    page.locator('.save[data-state="waiting"]').wait_for()
    assert pressed(page, "good")
    page.unroute("**/api/annotations")
    page.reload()
    page.locator(".episode-view").wait_for()
    saved(page)
    with AnnotationBook(viewer.run) as book:
        assert [one.value for one in book.current()] == ["good"]


def test_two_people_at_once_see_each_other(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-1")
    page.keyboard.press("g")
    viewer.post("annotations", {"id": "from-bob-0001", "at": {"episode": "group-a-1", "t": 0}, "kind": "label",
                                "value": "bad", "author": "bob"})  # fmt: skip
    page.locator(".others", has_text="bob").wait_for()
    saved(page)
    with AnnotationBook(viewer.run) as book:
        assert {(one.author, one.value) for one in book.current()} == {("ann", "good"), ("bob", "bad")}


def test_a_queue_leads_from_one_to_the_next(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/queues")
    page.keyboard.press("1")
    page.locator(".queue-line").wait_for()
    first = page.url
    page.keyboard.press("g")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: url.split("?")[0] != first.split("?")[0])
    page.locator(".tag.good[aria-pressed=false]").wait_for()
    page.keyboard.press("s")
    saved(page)
    with AnnotationBook(viewer.run) as book:
        assert sorted(one.kind for one in book.current()) == ["label", "skip"]


def test_blind_hides_outcomes_and_is_recorded(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-1")
    assert page.locator(".episode-head .chip").count() == 1
    page.get_by_role("button", name="Blind").click()
    expect(page.locator(".episode-head .chip")).to_have_count(0)
    assert page.locator(".graph .chart").count() == 0
    page.keyboard.press("n")
    saved(page)
    with AnnotationBook(viewer.run) as book:
        assert [one.blind for one in book.current()] == [True]
