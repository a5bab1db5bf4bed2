"""Rules that an episode can be played by, and those that are true of one: its oracle keeps them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from clickwright.envs.actions import Action, Click, Press, Search, TypeText
from clickwright.envs.surface import Element
from clickwright.envs.variants.rehearsal import Rehearsal, acted_on

SLACK = 1
"""Actions that ``at_most`` allows beyond those of the oracle: no oracle is proved to be the shortest."""

FIELDS = frozenset({"textbox", "searchbox", "combobox", "spinbutton"})
"""Roles of what is typed into."""


class RuleKind(StrEnum):
    """What a rule forbids.

    ``AT_MOST``: more actions than a number. ``NOT_TWICE``: to press a thing a second time. ``AVOID``: to press a thing
    at all. ``NOT_INTO``: to type into a field. ``SEARCHES``: more searches than a number.
    """

    AT_MOST = "at_most"
    NOT_TWICE = "not_twice"
    AVOID = "avoid"
    NOT_INTO = "not_into"
    SEARCHES = "searches"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: how often what it counts may be done.

    Example:
        >>> Rule(kind=RuleKind.NOT_TWICE, name="Submit", limit=1).text
        'Do not press "Submit" twice.'

    Attributes:
        kind: What it counts.
        name: The element it is about; empty for none.
        limit: How many of them are allowed.
    """

    kind: RuleKind
    name: str = ""
    limit: int = 0

    @property
    def text(self) -> str:
        """The sentence that a goal ends with."""
        times = "once" if self.limit == 1 else f"{self.limit} times"
        match self.kind:
            case RuleKind.AT_MOST:
                return f"Use at most {self.limit} actions."
            case RuleKind.NOT_TWICE:
                return f'Do not press "{self.name}" twice.'
            case RuleKind.AVOID:
                return f'Do not press "{self.name}".'
            case RuleKind.NOT_INTO:
                return f'Do not type into "{self.name}".'
            case RuleKind.SEARCHES:
                return f"Search at most {times}."

    def counts(self, action: Action, elements: Sequence[Element]) -> bool:
        """Whether it counts an action that was done, given the elements that were there before it.

        A click presses what it lands on, and so does Enter or Space where the focus is. What could not be done is
        counted by ``AT_MOST`` only, which the caller sees to.
        """
        if self.kind is RuleKind.AT_MOST:
            return True
        if self.kind is RuleKind.SEARCHES:
            return isinstance(action, Search)
        names = {element.name for element in acted_on(action, elements)}
        typed = isinstance(action, TypeText)
        return self.name in names and (typed if self.kind is RuleKind.NOT_INTO else pressed(action))

    def as_json(self) -> Mapping[str, Any]:
        """For the parameters of a goal."""
        return {"kind": str(self.kind), "name": self.name, "limit": self.limit}


def pressed(action: Action) -> bool:
    """Whether an action presses what it acts on."""
    return isinstance(action, Click) or (isinstance(action, Press) and action.keys[-1] in ("Enter", " ", "Space"))


def rules_for(played: Rehearsal) -> dict[RuleKind, list[Rule]]:
    """The rules that an episode's oracle keeps and that an agent could break, by kind; a kind without one is absent.

    A thing is only named where its name is the only one of its kind on the first page. ``NOT_TWICE`` is about what the
    oracle presses once and before its last action: what ends the episode cannot be pressed twice.
    """
    moves = played.moves
    names = Counter(element.name for element in played.start.elements)
    pressings = Counter(e.name for move in moves if pressed(move.action) for e in move.aimed_at)
    touched = {element.name for move in moves for element in move.aimed_at}
    early = {element.name for move in moves[:-1] for element in move.aimed_at}
    found: dict[RuleKind, list[Rule]] = {
        RuleKind.AT_MOST: [Rule(kind=RuleKind.AT_MOST, limit=len(moves) + SLACK)],
        RuleKind.NOT_TWICE: [],
        RuleKind.AVOID: [],
        RuleKind.NOT_INTO: [],
        RuleKind.SEARCHES: [],
    }
    searches = sum(isinstance(move.action, Search) for move in moves)
    if searches:
        found[RuleKind.SEARCHES].append(Rule(kind=RuleKind.SEARCHES, limit=searches))
    for element in played.start.elements:
        name = element.name
        if not _sayable(name) or names[name] > 1:
            continue
        if pressings[name] == 1 and name in early:
            found[RuleKind.NOT_TWICE].append(Rule(kind=RuleKind.NOT_TWICE, name=name, limit=1))
        if name not in touched:
            kind = RuleKind.NOT_INTO if element.role in FIELDS else RuleKind.AVOID
            found[kind].append(Rule(kind=kind, name=name))
    return {kind: rules for kind, rules in found.items() if rules}


def _sayable(name: str) -> bool:
    return 0 < len(name) <= 60 and '"' not in name and name.isprintable() and name == name.strip()
