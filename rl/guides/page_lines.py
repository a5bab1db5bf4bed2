"""What can be done to a page of text so that every ref on it stays what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

_REF = re.compile(r" \[\d+\]")
_NAME = re.compile(r'"([^"]*)"')
_MORE = re.compile(r"\s*\.\.\. \d+ more\s*$")


def has_refs(page: str) -> bool:
    """Whether anything on a page can be acted on by its number.

    Example:
        >>> has_refs('button "Ok" [1]'), has_refs("#####")
        (True, False)
    """
    return _REF.search(page) is not None


def thinned(page: str, rng: np.random.Generator, strength: float) -> str:
    r"""A page of which lines that are not acted on are missing or cut short, each with a probability.

    Lines with refs stay as they are, and so do lines with others below them, and a page without any ref: on a board
    every line is the state.

    Example:
        >>> thinned('text "hello there"\nbutton "Ok" [1]', np.random.default_rng(0), 1.0)
        'button "Ok" [1]'

    Args:
        page: The page.
        rng: Draws two numbers for every line.
        strength: Probability that such a line is dropped; one that stays has its name halved with the same probability.
    """
    if not has_refs(page):
        return page
    lines, kept = page.split("\n"), list[str]()
    for number, line in enumerate(lines):
        dropped, halved = rng.random(2) < strength
        below = lines[number + 1] if number + 1 < len(lines) else ""
        if _REF.search(line) or _MORE.match(line) or (below and _depth(below) > _depth(line)):
            kept.append(line)
        elif not dropped:
            kept.append(_NAME.sub(_halved, line) if halved else line)
    return "\n".join(kept)


def reordered(page: str, order: Callable[[int], Sequence[int]]) -> str:
    r"""A page whose neighbours stand in another order, each with what is below it.

    Example:
        >>> reordered('form\n button "a" [1]\n button "b" [2]\nlink "c" [3]', lambda num: range(num)[::-1])
        'link "c" [3]\nform\n button "b" [2]\n button "a" [1]'

    Args:
        page: The page; one without any ref stays as it is.
        order: The places of so many neighbours, in their new order.
    """
    if not has_refs(page):
        return page
    lines = page.split("\n")
    tail = [lines.pop()] if _MORE.match(lines[-1]) else []
    return "\n".join([*_reordered(lines, order), *tail])


def _reordered(lines: Sequence[str], order: Callable[[int], Sequence[int]]) -> list[str]:
    if not lines:
        return []
    top = min(map(_depth, lines))
    starts = [number for number, line in enumerate(lines) if _depth(line) == top]
    if starts[0] > 0:  # lines that stand deeper than the first of their neighbours have nobody above them
        return [*lines[: starts[0]], *_reordered(lines[starts[0] :], order)]
    ends = [*starts[1:], len(lines)]
    blocks = [
        [lines[start], *_reordered(lines[start + 1 : end], order)] for start, end in zip(starts, ends, strict=True)
    ]
    return [line for place in order(len(blocks)) for line in blocks[place]]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _halved(name: re.Match[str]) -> str:
    said = name.group(1)
    return f'"{said[: (len(said) + 1) // 2]}"'
