r"""ToolRL: is the answer in the right form, and are the calls in it the right ones?

    R = R_format + R_correct (+ R_length)
    R_format  = high_f where the form is the one the right answer has, else low_f
    R_correct = (high_c - low_c) * share + low_c; 0 where no call was wanted, low_c where none can be read
    R_length  = min(1, round(words of the thought / limit, 2)); 0 without a thought

``share`` is ``tool_calls.share``. The forms are ``<think>..</think>``, and after it, each on lines of its own and each
once, ``<tool_call>..</tool_call>``, ``<response>..</response>``, both or neither.

The bounds with the training's iteration s, of ``high_c = -low_c = correct``:

    constant    high_f = 1, low_f = 0                     high_c = correct
    two_stage   high_f = 1 before s = 30, then 1/2        high_c = correct / 3 before s = 30, then correct
    gradual     high_f = max(1, 2 - s / 150)              high_c = min(3, 2 + (correct - 2) * s / 150)
                low_f = min(-1, -2 + 2 * s / 150)
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from clickwright.rl.registry import Options
from clickwright.rl.rewards.formulas.tool_calls import CLOSE, OPEN, Call, Granularity, Pairing, read_calls, share

_RESPONSE, _RESPONSE_END = "<response>", "</response>"
_THINK, _THINK_END = "<think>", "</think>"

STAGE, RAMP, LENGTH_RAMP = 30, 150, 105
"""Iterations of the first stage, until a gradual change ends, and until the length has grown to its end."""


class Bounds(StrEnum):
    """How the bounds of the terms move with training."""

    CONSTANT = "constant"
    TWO_STAGE = "two_stage"
    GRADUAL = "gradual"


class Length(StrEnum):
    """Whether long thoughts earn something: no, up to 512 words, or up to 384 words and later 640."""

    OFF = "off"
    FIXED = "fixed"
    GROWING = "growing"


class Rules(Options):
    """The switches; each is an environment variable of the release.

    Attributes:
        granularity: What earns something (``COARSEREWARD``, ``INTERMEDIATEREWARD``).
        strict: Whether lists of names count only when they are equal (``REFINEDREWARD``).
        pairing: How calls are paired; ``greedy`` is the release.
        correct: Largest reward of right calls, the least being its negative; 1 is ``CORRECTMAX1``.
        bounds: How the bounds move (``MAX1STEP30MAX3``, ``SCHEDULEREWARD``).
        length: Whether long thoughts earn something (``WITHLENGTH``, ``SCHEDULELENGTH``); by the paper, it hurts.
    """

    granularity: Granularity = Granularity.FINE
    strict: bool = False
    pairing: Pairing = Pairing.BEST
    correct: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 3.0
    bounds: Bounds = Bounds.CONSTANT
    length: Length = Length.OFF


class Terms(NamedTuple):
    """The terms of a reward."""

    format: float
    correct: float
    length: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.format + self.correct + self.length


def reward(text: str, truth: str, rules: Rules, *, iteration: int = 0) -> Terms:
    """The reward of an answer.

    Args:
        text: The answer alone.
        truth: The right answer, in the same form.
        rules: The switches.
        iteration: Iterations of training done.
    """
    text = text.strip()
    low, high = format_bounds(rules, iteration)
    return Terms(
        format=high if well_formed(text, truth) else low,
        correct=correctness(text, truth, rules, iteration=iteration),
        length=length_reward(text, rules.length, iteration),
    )


def format_bounds(rules: Rules, iteration: int) -> tuple[float, float]:
    """The least and the largest reward of the form."""
    match rules.bounds:
        case Bounds.CONSTANT:
            return 0.0, 1.0
        case Bounds.TWO_STAGE:
            return 0.0, 1.0 if iteration < STAGE else 0.5
        case Bounds.GRADUAL:
            return min(-1.0, -2.0 + 2.0 * iteration / RAMP), max(1.0, 2.0 - iteration / RAMP)


def correct_bound(rules: Rules, iteration: int) -> float:
    """The largest reward of right calls."""
    match rules.bounds:
        case Bounds.CONSTANT:
            return rules.correct
        case Bounds.TWO_STAGE:
            return rules.correct / 3.0 if iteration < STAGE else rules.correct
        case Bounds.GRADUAL:
            return min(3.0, 2.0 + (rules.correct - 2.0) * iteration / RAMP)


def correctness(text: str, truth: str, rules: Rules, *, iteration: int = 0) -> float:
    """The reward of the calls in a text.

    Raises:
        ValueError: The calls of the right answer cannot be read.
    """
    if OPEN not in truth:
        return 0.0
    wanted = read_calls(truth)
    if wanted is None:
        raise ValueError(f"the calls of the right answer cannot be read: {truth!r:.200}")
    bound = correct_bound(rules, iteration)
    given = read_calls(text)
    return -bound if given is None else calls_reward(wanted, given, rules, bound=bound)


def calls_reward(wanted: Sequence[Call], given: Sequence[Call], rules: Rules, *, bound: float) -> float:
    """The reward of calls, from ``-bound`` to ``bound``."""
    found = share(wanted, given, granularity=rules.granularity, pairing=rules.pairing, strict=rules.strict)
    return 2.0 * bound * found - bound


def well_formed(text: str, truth: str) -> bool:
    """Whether a text has the form of the right answer."""
    parts = [(OPEN + "\n", "\n" + CLOSE)] if OPEN in truth else []
    parts += [(_RESPONSE, _RESPONSE_END)] if _RESPONSE in truth else []
    tags = [tag.strip() for part in [(_THINK, _THINK_END), *parts] for tag in part]
    if any(text.count(tag) != 1 for tag in tags) or not text.startswith(_THINK):
        return False
    pos = text.find(_THINK_END) + len(_THINK_END)
    for opening, closing in parts:
        if not text.startswith("\n" + opening, pos):
            return False
        pos = text.find(closing, pos + 1 + len(opening))
        if pos < 0:
            return False
        pos += len(closing)
    return pos == len(text)


def length_reward(text: str, length: Length, iteration: int = 0) -> float:
    """The reward of a thought's length."""
    if length is Length.OFF or _THINK not in text or _THINK_END not in text:
        return 0.0
    limit = 512.0 if length is Length.FIXED else (640.0 - 384.0) * iteration / LENGTH_RAMP + 384.0
    thought = text.rpartition(_THINK)[2].partition(_THINK_END)[0]
    return min(1.0, round(len(thought.split()) / limit, 2))
