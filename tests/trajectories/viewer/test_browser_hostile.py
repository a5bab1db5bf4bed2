"""What was recorded, damaged or asked for in bad faith, in a real Chromium."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.trajectories.viewer.driving import open_viewer, saved

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_recorded_markup_is_shown_as_text(page: Any, viewer: Any) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    open_viewer(page, viewer)
    assert page.locator(".episode-row", has_text="<b>bold</b>").count() == 1
    page.evaluate("location.hash = '#/episode/hostile'")
    page.locator(".episode-view").wait_for()
    for tab in ("Seen", "Prompt", "Tokens", "Numbers", "Said"):
        page.get_by_role("tab", name=tab).click()
    page.keyboard.press("l")
    page.keyboard.press("d")
    page.keyboard.press("k")
    page.keyboard.press("Escape")
    assert page.locator(".episode-head h1").inner_text().startswith("</script><script>")
    assert "<img src=x" in page.locator(".tab-body").inner_text()
    assert page.evaluate("document.querySelectorAll('iframe, [onload], [onerror], b.bold, main script').length") == 0
    assert page.evaluate("document.querySelectorAll('script').length") == 1
    assert not page.title().startswith("owned")
    assert all(url.startswith(f"http://127.0.0.1:{viewer.port}/") for url in seen)


def test_a_script_that_got_in_would_not_run(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer)
    trouble = page.evaluate(
        "() => { try { document.body.innerHTML = '<img src=x onerror=document.title=1>'; return ''; }"
        " catch (error) { return error.name; } }"
    )
    assert trouble == "TypeError", "only text may enter the page (trusted types)"
    assert page.locator(".episode-row").count() == 18, "the page stands as it was"


def test_a_damaged_frame_is_told_and_the_rest_stands(page: Any, viewer: Any) -> None:
    with sqlite3.connect(viewer.run / "episodes.sqlite") as store:
        first = viewer.get("episode", id="group-a-0")["steps"][0]["frame"]
        store.execute("UPDATE frames SET png = substr(png, 1, 200) WHERE sha256 = ?", (first,))
    store.close()
    open_viewer(page, viewer, "#/episode/group-a-0")
    page.locator(".stage .badge", has_text="damaged").wait_for()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".stage .badge")).to_be_hidden()
    page.keyboard.press("g")
    saved(page)


def test_a_bad_query_says_what_is_allowed(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer)
    page.locator("#query").fill("colour:red")
    page.keyboard.press("Enter")
    page.locator(".trouble", has_text="unknown key 'colour'").wait_for()
    assert page.locator("#query").get_attribute("aria-invalid") == "true"
    page.evaluate("location.hash = '#/episode/nobody'")
    page.get_by_text("unknown episode 'nobody'").wait_for()
