"""The viewer driven as a person does: by its keys, by pointing, by reading what it shows."""

from __future__ import annotations

import re
from typing import Any

VIEWS = ".episode-view, .group-view, .compare-view, .page"


def open_viewer(page: Any, viewer: Any, place: str = "#/") -> None:
    """Open the address that the command prints, then go to a place in it."""
    page.goto(viewer.address)
    page.locator(".episode-row").first.wait_for()
    if place != "#/":
        page.evaluate(f"location.hash = {place!r}")
        page.locator(VIEWS).first.wait_for()


def saved(page: Any) -> None:
    """Wait until everything that was said is stored."""
    page.locator('.save[data-state="saved"]').wait_for()


def pressed(page: Any, name: str) -> bool:
    """Whether the button whose name begins so is pressed."""
    return bool(page.get_by_role("button", name=re.compile(f"^{name}")).get_attribute("aria-pressed") == "true")


def counter(page: Any) -> str:
    """Which step is shown, as the page says it."""
    return str(page.locator(".toolbar .count").inner_text())


def click_screen(page: Any, x: float, y: float, *, size: tuple[int, int]) -> None:
    """Click on the big picture at a fraction of a frame of ``size`` pixels, wherever the page has put it."""
    box = page.locator(".stage svg").bounding_box()
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    page.mouse.click(left + x * size[0] * scale, top + y * size[1] * scale)
