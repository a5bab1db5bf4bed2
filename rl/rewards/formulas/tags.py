"""Tagged answers, as ``<think>why</think><answer>42</answer>``: read in one pass, and checked against a grammar."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Block:
    """What stands between a tag and its end.

    Example:
        >>> Block("search", " first man on the moon ").text
        'first man on the moon'

    Attributes:
        tag: Name of the tag.
        content: Everything between the two tags.
    """

    tag: str
    content: str

    @property
    def text(self) -> str:
        """The content without white space around it."""
        return self.content.strip()


@dataclass(frozen=True, slots=True)
class Blocks:
    """What a text consists of.

    Attributes:
        blocks: Its blocks, up to the first fault.
        fault: The first thing that is wrong; empty where nothing is.
        loose: Whether words stand outside of every block.
    """

    blocks: tuple[Block, ...]
    fault: str = ""
    loose: bool = False

    def last(self, tag: str) -> Block | None:
        """The last block of a tag."""
        return next((block for block in reversed(self.blocks) if block.tag == tag), None)

    def of(self, tag: str) -> Iterator[Block]:
        """The blocks of a tag, in order."""
        return (block for block in self.blocks if block.tag == tag)


@lru_cache(maxsize=32)
def _pattern(tags: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"<(/?)({'|'.join(map(re.escape, tags))})>")


def read_blocks(text: str, tags: Iterable[str]) -> Blocks:
    """Read a text into blocks, in time linear in its length; never raises.

    A block holds no tag of the language, and every one is closed by its own. Reading stops at the first fault.

    Example:
        >>> [block.tag for block in read_blocks("<a>1</a> <b>2</b>", ("a", "b")).blocks]
        ['a', 'b']
        >>> read_blocks("<a>1<b>2</b></a>", ("a", "b")).fault
        '<b> inside of <a>'
    """
    found: list[Block] = []
    inside, start, loose = "", 0, False
    for tag in _pattern(tuple(tags)).finditer(text):
        between = text[start : tag.start()]
        if not inside:
            loose = loose or bool(between.strip())
            if tag[1]:
                return Blocks(tuple(found), f"{tag[0]} closes nothing", loose)
            inside = tag[2]
        elif tag[0] == f"</{inside}>":
            found.append(Block(inside, between))
            inside = ""
        else:
            return Blocks(tuple(found), f"{tag[0]} inside of <{inside}>", loose)
        start = tag.end()
    if inside:
        return Blocks(tuple(found), f"<{inside}> is never closed", loose)
    return Blocks(tuple(found), "", loose or bool(text[start:].strip()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """Which block may follow which: a finite automaton whose states are the tags.

    Example:
        >>> grammar = Grammar(after={"": ("think",), "think": ("answer",)}, last=("answer",))
        >>> grammar.fault(read_blocks("<think>so</think> <answer>42</answer>", grammar.tags))
        ''
        >>> grammar.fault(read_blocks("<answer>42</answer>", grammar.tags))
        '<answer> at the start'

    Attributes:
        after: The tags that may follow a tag; after ``""``, those that may come first.
        last: The tags a text may end with.
        words_between: Whether words may stand outside of the blocks.
    """

    after: Mapping[str, tuple[str, ...]]
    last: tuple[str, ...]
    words_between: bool = False

    @property
    def tags(self) -> tuple[str, ...]:
        """Every tag of the language."""
        return tuple(sorted({tag for tags in self.after.values() for tag in tags}))

    def fault(self, blocks: Blocks) -> str:
        """The first thing that is wrong with a text; empty where it is of the language."""
        here = ""
        for block in blocks.blocks:
            if block.tag not in self.after.get(here, ()):
                return f"<{block.tag}> {f'after <{here}>' if here else 'at the start'}"
            here = block.tag
        if blocks.fault:
            return blocks.fault
        if blocks.loose and not self.words_between:
            return "words outside of every tag"
        return "" if here in self.last else f"the end {f'after <{here}>' if here else 'at once'}"
