"""What stands beside a step in a real Chromium: its replay, what else was tried there, its branches, its parts."""

from __future__ import annotations

import re
from typing import Any

import pytest

from clickwright.trajectories.annotations import AnnotationBook
from clickwright.trajectories.store import StoreWriter
from tests.trajectories.viewer.driving import counter, open_viewer, saved
from tests.trajectories.viewer.reports import diverged, replayed

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_a_diverged_replay_is_shown_where_it_diverged(page: Any, viewer: Any) -> None:
    diverged(viewer.run)
    open_viewer(page, viewer, "#/episode/group-a-0")
    expect(page.locator(".replayed")).to_be_hidden()
    assert page.locator(".strip .label.differs").count() == 2
    page.get_by_role("button", name="replay diverged at 2").click()
    assert counter(page) == "2 / 3"
    card = page.get_by_role("region", name="Replay")
    assert "digest 'x' -> '<b>y</b>'" in card.inner_text()
    picture = card.locator("img")
    expect(picture).to_be_visible()
    picture.evaluate("each => each.decode()")
    assert picture.evaluate("each => [each.naturalWidth, each.naturalHeight]") == [3 * 64 + 4 * 8, 48 + 2 * 8]
    page.keyboard.press("ArrowRight")
    assert "text: -Save; +Gone" in card.inner_text()
    expect(picture).to_have_count(0)
    page.keyboard.press("Home")
    expect(card).to_be_hidden()
    page.keyboard.press("=")
    assert counter(page) == "2 / 3"
    page.get_by_role("button", name="Blind").click()
    page.locator(".blind[aria-pressed=true]").wait_for()
    expect(page.get_by_text("replay diverged")).to_have_count(0)
    expect(page.locator(".replayed")).to_be_hidden()


def test_an_identical_replay_and_an_unreadable_one_are_told(page: Any, viewer: Any) -> None:
    replayed(viewer.run, 1, "group-a-1", verdict="identical", pixels="compared")
    open_viewer(page, viewer, "#/episode/group-a-1")
    page.locator(".chip.good", has_text="replay identical").wait_for()
    (viewer.run / "replays" / "1" / "report.jsonl").write_text('{"episode": "group-a-1"}')
    page.reload()
    page.locator(".chip.warn", has_text="replay unreadable").wait_for()
    page.keyboard.press("ArrowRight")
    assert counter(page) == "2 / 3", "the rest of the page stands"


def test_what_else_was_tried_is_drawn_and_leads_to_a_comparison(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-0")
    tried = page.get_by_role("region", name="Tried in this state")
    expect(tried.locator("tbody tr")).to_have_count(2)
    assert "2 actions in 3 steps" in tried.inner_text()
    assert "this step" in tried.locator("tr.chosen").inner_text()
    other = tried.get_by_role("link", name='click "Cancel" [2]')
    other.hover()
    page.locator(".stage .proposal .target").wait_for()
    page.mouse.move(5, 5)
    expect(page.locator(".stage .proposal .target")).to_have_count(0)
    other.focus()
    page.locator(".stage .proposal .target").wait_for()
    page.keyboard.press("Enter")
    page.locator(".compare-view").wait_for()
    assert page.url.endswith("#/compare/group-a-0/group-a-1?ta=0&tb=0")
    assert page.get_by_text("from the same state").count() == 1


def test_the_tree_of_branches_marks_what_is_shared(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/compare/group-a-0/branch")
    page.get_by_text("A and B share 1 step and part at step 2").wait_for()
    assert page.locator(".tree .branch").count() == 4
    assert page.locator(".tree .node.common").count() == 1
    assert page.locator(".tree .node.fork.now").count() == 1
    for side in page.locator(".side").all():
        assert side.locator(".frame.common").count() == 1
        assert side.locator(".frame.fork").count() == 1
    page.locator(".tree .branch.b .node").click()
    assert [line.inner_text().split()[0] for line in page.locator(".side .action-line").all()] == ["3", "3"]
    page.get_by_role("link", name="Compare A with rollout 1").focus()
    page.keyboard.press("Enter")
    page.get_by_text("A and B share 0 steps and part at step 1").wait_for()
    page.evaluate("location.hash = '#/compare/plain-01/plain-03'")
    page.get_by_text("A and B did the same").wait_for()
    page.evaluate("location.hash = '#/compare/group-a-0/text-only'")
    page.get_by_text("A and B do not begin in the same state").wait_for()


def test_an_episode_tells_everything_about_a_step(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-1")
    page.get_by_role("tab", name="Prompt").click()
    page.get_by_text("Goal: press save").wait_for()
    page.get_by_role("tab", name="Tokens").click()
    degrees = [token.get_attribute("class") for token in page.locator(".tab-body .tokens .token").all()]
    assert degrees == ["token p0", "token p3", "token p5"], "the less sure, the stronger"
    page.get_by_role("tab", name="Seen").click()
    assert page.locator(".tab-body tbody tr").count() == 2
    page.keyboard.press("l")
    assert page.locator(".stage .elements rect").count() == 2
    page.keyboard.press("o")
    assert page.locator(".stage .action .ring").count() == 0
    assert page.locator(".graph path.series").count() == 4
    assert "return" in page.locator(".graph").inner_text()
    chart = page.locator(".graph svg").bounding_box()
    page.mouse.click(chart["x"] + chart["width"] * 0.97, chart["y"] + 20)
    assert counter(page) == "3 / 3"
    page.get_by_role("tab", name="Numbers").click()
    assert "advantage.step" in page.locator(".tab-body").inner_text()
    page.keyboard.press("Home")
    page.keyboard.press("Space")
    page.locator(".toolbar .count", has_text="end").wait_for()


def test_a_group_is_coloured_and_ordered_as_asked(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/group/group-a")
    credit = page.get_by_role("group", name="credit")
    for name in ("total", "episode", "step", "reward", "surprise"):
        expect(credit.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
        page.keyboard.press("v")
    assert page.locator(".column-name").count() == 3
    page.keyboard.press("a")
    assert page.locator(".column-name").count() == 5, "two shared states, and one for each third step"
    assert re.search(r"3$", page.locator(".column-name").first.inner_text())
    page.locator(".links path").first.wait_for(state="attached")
    page.keyboard.press("o")
    expect(page.locator(".links path")).to_have_count(0)


def test_every_queue_hands_out_its_work(page: Any, viewer: Any, make_episode: Any) -> None:
    for author, value in (("bob", "good"), ("carl", "bad")):
        viewer.post("annotations", {"id": f"by-{author}-0001", "at": {"episode": "group-a-2", "t": 1}, "kind": "label",
                                    "value": value, "author": author})  # fmt: skip
    open_viewer(page, viewer, "#/queues")
    page.keyboard.press("2")
    page.locator(".queue-line", has_text="bob: good, carl: bad").wait_for()
    assert counter(page) == "2 / 3"
    page.keyboard.press("g")
    page.keyboard.press("Enter")
    page.get_by_text("This queue is done.").wait_for()
    # The lists are fetched anew after that is said, and take keys only once they are there.
    page.locator(".queue-card", has_text="Same state").get_by_role("button", name="Start").wait_for()
    page.keyboard.press("3")
    page.locator(".compare-view .queue-line").wait_for()
    page.keyboard.press("1")
    saved(page)
    with StoreWriter(viewer.run) as writer:
        for i in range(30):
            writer.add(make_episode(f"more-{i:02d}"))
    page.evaluate("location.hash = '#/queues'")
    page.locator(".queue-card", has_text="Random audit").get_by_role("button", name="Start").wait_for()
    page.keyboard.press("4")
    page.locator(".episode-view .queue-line", has_text="audit").wait_for()


def test_several_people_label_in_one_browser_under_their_own_names(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer, "#/episode/group-a-0")
    page.keyboard.press("g")
    saved(page)
    page.get_by_role("button", name="ann").click()
    page.get_by_role("textbox", name="Name").fill("bea")
    page.keyboard.press("Enter")
    page.locator(".others", has_text="ann").wait_for()
    page.keyboard.press("b")
    saved(page)
    page.get_by_role("button", name=re.compile("^bad.*")).and_(page.locator("[aria-pressed=true]")).wait_for()
    page.keyboard.press("u")
    expect(page.locator(".tag.bad[aria-pressed=true]")).to_have_count(0)
    with AnnotationBook(viewer.run) as book:
        assert [(one.author, one.value) for one in book.current()] == [("ann", "good")]
