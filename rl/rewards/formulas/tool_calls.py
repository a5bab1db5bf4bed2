"""How far calls of tools are the ones that were wanted: names, names of parameters, and values.

With wanted calls g and given calls p of the same name, and J(a, b) = |a and b| / |a or b| over multisets (1 where the
lists are equal, 0 where one is empty)::

    worth(g, p) = J(parameters of g, parameters of p) + number of parameters of g with the same value in p
    share       = (J(names wanted, names given) + sum of worth over pairs) / (1 + sum over g of (1 + |parameters|))

The released code pairs greedily, each wanted call with the best that is left, so that an early one can take what a
later one needed; here the pairs are those of the greatest sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from clickwright.agents.codecs.strict_json import read_json
from clickwright.envs.action_scan import ScanError
from clickwright.rl.rewards.formulas.assign import best_pairs, greedy_pairs

MAX_CALLS = 64
"""Calls of one answer, at most; more is no answer."""

OPEN, CLOSE = "<tool_call>", "</tool_call>"


@dataclass(frozen=True, slots=True)
class Call:
    """A tool and what it is given.

    Example:
        >>> Call("weather", {"city": "Paris"}).name
        'weather'
    """

    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


class Granularity(StrEnum):
    """What earns something.

    ``FINE`` is every right name, parameter and value; ``INTERMEDIATE`` the names, and calls that are right as a whole;
    ``COARSE`` only the whole list.
    """

    FINE = "fine"
    INTERMEDIATE = "intermediate"
    COARSE = "coarse"


class Pairing(StrEnum):
    """Who is compared with whom: the pairs of the greatest sum, or whatever each takes first."""

    BEST = "best"
    GREEDY = "greedy"


def read_calls(text: str) -> list[Call] | None:
    r"""The calls in the first ``<tool_call>`` of a text, a JSON object a line; ``None`` where they cannot be read.

    Example:
        >>> read_calls('<tool_call>\n{"name": "time", "parameters": {}}\n</tool_call>')
        [Call(name='time', parameters={})]
    """
    start = text.find(OPEN)
    if start < 0 or CLOSE not in text:
        return None
    body = text[start + len(OPEN) :]
    ends = [end for mark in (OPEN, CLOSE) if (end := body.find(mark)) >= 0]
    lines = body[: min(ends, default=len(body))].strip().split("\n", MAX_CALLS)
    calls = [_call(line) for line in lines]
    known = [call for call in calls if call is not None]
    return known if len(known) == len(calls) <= MAX_CALLS else None


def _call(line: str) -> Call | None:
    try:
        said = read_json(line)
    except ScanError:
        return None
    match said:
        case {"name": str(name), "parameters": dict(parameters)}:
            return Call(name, parameters)
        case _:
            return None


def overlap(one: Sequence[Hashable], other: Sequence[Hashable], *, strict: bool = False) -> float:
    """J of two lists; ``strict`` counts only equal ones.

    Example:
        >>> overlap(["city", "unit"], ["city"]), overlap([], [])
        (0.5, 1.0)
    """
    if list(one) == list(other):
        return 1.0
    if strict or not one or not other:
        return 0.0
    shared = (Counter(one) & Counter(other)).total()
    return shared / (len(one) + len(other) - shared)


def share(
    wanted: Sequence[Call],
    given: Sequence[Call],
    *,
    granularity: Granularity = Granularity.FINE,
    pairing: Pairing = Pairing.BEST,
    strict: bool = False,
) -> float:
    """How much of what was wanted was given, from 0 to 1.

    Args:
        wanted: The right calls.
        given: What was called.
        granularity: What earns something.
        pairing: How calls are paired.
        strict: Whether lists of names count only when they are equal.
    """
    if list(wanted) == list(given):
        return 1.0
    if granularity is Granularity.COARSE:
        return 0.0
    whole = granularity is Granularity.INTERMEDIATE
    worth = np.array(
        [[_worth(one, other, whole=whole, strict=strict) for other in given] for one in wanted], dtype=np.float64
    ).reshape(len(wanted), len(given))
    pairs = best_pairs(worth) if pairing is Pairing.BEST else greedy_pairs(worth)
    names = overlap([one.name for one in wanted], [one.name for one in given], strict=strict)
    most = 1.0 + sum(1.0 if whole else 1.0 + len(one.parameters) for one in wanted)
    return (names + sum(float(worth[pair]) for pair in pairs)) / most


def _worth(wanted: Call, given: Call, *, whole: bool, strict: bool) -> float:
    if wanted.name != given.name:
        return 0.0
    if whole:
        return float(wanted == given)
    same = sum(
        key in given.parameters and bool(given.parameters[key] == value) for key, value in wanted.parameters.items()
    )
    return overlap(list(wanted.parameters), list(given.parameters), strict=strict) + same
