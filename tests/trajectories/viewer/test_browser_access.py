"""Everybody can use it: names, contrast in both colours, the keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.trajectories.viewer.driving import open_viewer, pressed, saved

expect = pytest.importorskip("playwright.sync_api").expect
pytestmark = pytest.mark.browser


def test_everything_has_a_name_and_enough_contrast(page: Any, viewer: Any) -> None:
    nameless = (
        "[...document.querySelectorAll('button, a, input, select, textarea')].filter(e => e.offsetParent && "
        "!(e.innerText.trim() || e.getAttribute('aria-label') || e.title || e.placeholder)).map(e => e.outerHTML)"
    )
    contrast = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_viewer(page, viewer)
        for place in (
            "#/",
            "#/episode/group-a-2?t=1",
            "#/group/group-a",
            "#/compare/group-a-0/group-a-1",
            "#/queues",
            "#/live",
        ):
            page.evaluate(f"location.hash = {place!r}")
            page.wait_for_timeout(400)
            assert page.evaluate(nameless) == [], place
            assert page.evaluate(contrast) == [], f"{scheme} {place}"


def test_all_of_it_can_be_reached_with_the_keyboard(page: Any, viewer: Any) -> None:
    open_viewer(page, viewer)
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    assert page.evaluate("Boolean(document.activeElement.closest('.facets'))")
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(ring) == "solid"
    page.evaluate("location.hash = '#/episode/group-a-0'")
    good = page.get_by_role("button", name=re.compile("^good"))
    good.focus()
    page.keyboard.press("Space")
    saved(page)
    assert pressed(page, "good")
    assert page.evaluate("document.activeElement.innerText.startsWith('good')"), "the focus stays where it was"
