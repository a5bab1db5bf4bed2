"""The views in a real Chromium: groups, comparisons, pictures, training."""

from __future__ import annotations

from typing import Any

import pytest

from clickwright.trajectories.annotations import AnnotationBook
from clickwright.trajectories.store import StoreWriter
from tests.trajectories.viewer.driving import open_viewer, pressed, saved

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_a_group_and_two_branches_compared(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/group/group-a")
    assert page.locator(".group-grid .cell").count() == 9
    assert page.locator(".group-grid .cell.up").count() == 3
    page.locator(".links path").nth(1).wait_for(state="attached")
    page.keyboard.press("a")
    assert page.get_by_role("button", name="by state").get_attribute("aria-pressed") == "true"
    page.keyboard.press("p")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("p")
    page.locator(".compare-view").wait_for()
    assert page.get_by_text("from the same state").count() == 1
    page.keyboard.press("ArrowRight")
    assert [line.inner_text().split()[0] for line in page.locator(".side .action-line").all()] == ["2", "2"]
    page.keyboard.press("2")
    assert pressed(page, "B is better")
    saved(page)
    page.reload()
    page.locator(".compare-view").wait_for()
    assert pressed(page, "B is better")
    page.keyboard.press("u")
    expect(page.locator(".verdict-choice[aria-pressed=true]")).to_have_count(0)
    page.keyboard.press("-")
    saved(page)
    with AnnotationBook(viewer.run) as book:
        (said,) = book.current()
    assert said.preference().choice == "both_bad"
    assert said.preference().shared_t == 0


def test_the_screen_after_is_shown_while_a_key_is_held(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-0")
    visible = "getComputedStyle(document.querySelector('.stage image.after')).visibility"
    assert page.evaluate(visible) == "hidden"
    page.keyboard.down("x")
    assert page.evaluate(visible) == "visible"
    page.keyboard.up("x")
    assert page.evaluate(visible) == "hidden"
    page.keyboard.press("d")
    page.locator(".stage .tiles rect").nth(2).wait_for()


def test_training_curves_and_agreement(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/live")
    page.locator(".chart path.series").first.wait_for()
    assert page.locator(".chart").count() == 2
    page.evaluate("location.hash = '#/agreement'")
    page.get_by_text("Nobody has labelled anything yet.").wait_for()
    bad = {"id": "agree-0001", "at": {"episode": "branch", "t": 0}, "kind": "label", "value": "bad", "author": "bob"}
    viewer.post("annotations", bad)
    page.get_by_text("Step labels").wait_for()


def test_a_running_training_is_followed(page: Any, viewer: Any, make_episode: Any) -> None:
    open_viewer(page, viewer, "#/live")
    page.get_by_text("iteration 3").wait_for()
    with StoreWriter(viewer.run) as writer:
        page.locator(".chip.live", has_text="training").wait_for()
        writer.add(make_episode("fresh"))
        with (viewer.run / "metrics.jsonl").open("a", encoding="utf-8") as file:
            file.write('{"event": "iteration", "iteration": 4, "time": 1.0, "rollout/success": 0.75}\n')
        page.get_by_text("iteration 4 · success 75 % · 19 episodes").wait_for()
        page.evaluate("location.hash = '#/'")
        expect(page.locator(".episode-row")).to_have_count(19)
        writer.add(make_episode("fresher"))
        page.locator(".fresh", has_text="1 new").click()
        expect(page.locator(".episode-row")).to_have_count(20)
