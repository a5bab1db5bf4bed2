r"""Tool-Star: F1 of the boxed answer, a little more for using both tools, -1 for a text that is not in order.

    -1         think or answer missing or not closed, a call without a result, no \boxed{}
    0          F1 = 0
    F1 + 0.1   F1 > 0, and both tools were called
    F1         otherwise

The release counts tags: as many ``</think>`` as ``<think>``, a result somewhere where a tool was called, and any
``</search>`` and ``</python>`` for a call, in a thought, too. ``strict = False`` does the same.

Unchecked: what exactly the release counts beside that.
"""

from __future__ import annotations

from collections.abc import Sequence

from clickwright.rl.rewards.formulas.overlap import best_f1
from clickwright.rl.rewards.formulas.search_r1 import answer_of
from clickwright.rl.rewards.formulas.tags import Grammar, read_blocks

_CALLS = ("search", "python")
_THOUGHT = ("think", *_CALLS, "answer")
GRAMMAR = Grammar(
    after={"": ("think",), "think": _THOUGHT, "search": ("result",), "python": ("result",), "result": _THOUGHT},
    last=("answer",),
    words_between=True,
)
"""A thought first, a result after every call, an answer last."""

_BOX = "\\boxed{"


def boxed(text: str) -> str | None:
    r"""What stands in the last ``\boxed{}`` of a text, braces inside it counted; ``None`` where there is none.

    Example:
        >>> boxed("so \\boxed{\\frac{1}{2}} it is")
        '\\frac{1}{2}'
    """
    start = text.rfind(_BOX)
    if start < 0:
        return None
    depth = 0
    for place in range(start + len(_BOX) - 1, len(text)):
        depth += {"{": 1, "}": -1}.get(text[place], 0)
        if not depth:
            return text[start + len(_BOX) : place].strip()
    return None


def reward(
    text: str, truths: Sequence[str], *, bonus: float = 0.1, strict: bool = True, boxed_answer: bool = True
) -> float:
    """The reward of a response.

    Args:
        text: The response, with what the tools brought in ``<result>``.
        truths: Right answers.
        bonus: What both tools are worth beside a right answer.
        strict: Whether the response must follow the grammar, or only have tags in the right numbers.
        boxed_answer: Whether the answer must stand in a box; else all of it counts.
    """
    blocks = read_blocks(text, GRAMMAR.tags)
    in_order = not GRAMMAR.fault(blocks) if strict else _counted(text)
    answer = (answer_of(text) or "") if in_order else ""
    said = boxed(answer) if boxed_answer else answer
    if not said:
        return -1.0
    score = best_f1(said, truths)
    both = all(any(blocks.of(tool)) if strict else f"</{tool}>" in text for tool in _CALLS)
    return score + bonus if score > 0.0 and both else score


def _counted(text: str) -> bool:
    """Whether tags have an end, and calls a result, by their numbers alone."""
    closed = all(0 < text.count(f"<{tag}>") == text.count(f"</{tag}>") for tag in ("think", "answer"))
    called = any(f"<{tool}>" in text for tool in _CALLS)
    return closed and (not called or ("<result>" in text and "</result>" in text))
