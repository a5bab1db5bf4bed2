"""Search-R1: exact match of the answer, alone or with marks for a well-formed way to it.

    plain          1 where the answer is right, ``format_score`` where it is another
    with format    valid                                  invalid
      right        1                                      1 - structure
      wrong        structure (+ retrieval if found)       final
      none         structure (+ retrieval if found)       0

Valid is ``think (search information think)* answer`` with nothing but white space between the tags; found means that a
right answer occurs in what a search brought.

The released code counts an answer only where the text it looks at holds two: the plain version reads the prompt too,
whose example is the first of them. Here it is the response alone that is read, and one answer is enough;
``answers_needed = 2`` is the release.
"""

from __future__ import annotations

from collections.abc import Sequence

from clickwright.envs.search.answers import normalised
from clickwright.rl.rewards.formulas.tags import Blocks, Grammar, read_blocks

GRAMMAR = Grammar(
    after={
        "": ("think",),
        "think": ("search", "answer"),
        "search": ("information",),
        "information": ("think",),
    },
    last=("answer",),
)
"""``think (search information think)* answer``."""


def answer_of(text: str, *, needed: int = 1) -> str | None:
    """What stands in the last ``<answer>`` of a text that has at least ``needed`` of them; ``None`` without.

    Example:
        >>> answer_of("<answer> Paris </answer>"), answer_of("<answer> Paris </answer>", needed=2)
        ('Paris', None)
    """
    found: list[str] = []
    pos = 0
    while (start := text.find("<answer>", pos)) >= 0 and (end := text.find("</answer>", start)) >= 0:
        found.append(text[start + len("<answer>") : end].strip())
        pos = end
    return found[-1] if len(found) >= needed else None


def right(answer: str, truths: Sequence[str]) -> bool:
    """Whether an answer is one of the right ones, once normalised."""
    return normalised(answer) in {normalised(truth) for truth in truths}


def plain_reward(text: str, truths: Sequence[str], *, format_score: float = 0.0, answers_needed: int = 1) -> float:
    """The reward of the plain version; without an answer, 0.

    Args:
        text: The response; with ``answers_needed = 2``, prompt and response.
        truths: Right answers.
        format_score: What a wrong answer earns.
        answers_needed: Least number of answers for the last one to count.
    """
    answer = answer_of(text, needed=answers_needed)
    if answer is None:
        return 0.0
    return 1.0 if right(answer, truths) else format_score


def format_reward(
    text: str,
    truths: Sequence[str],
    *,
    structure: float = 0.2,
    final: float = 0.1,
    retrieval: float = 0.0,
    answers_needed: int = 1,
) -> float:
    """The reward of the version with marks for the format.

    Args:
        text: The response, with what the searches brought in ``<information>``.
        truths: Right answers.
        structure: What the format is worth.
        final: What a wrong answer earns in a wrong format.
        retrieval: What it is worth beside the format that a search brought a right answer.
        answers_needed: Least number of answers for the last one to count.
    """
    blocks = read_blocks(text, GRAMMAR.tags)
    valid, answer = not GRAMMAR.fault(blocks), answer_of(text, needed=answers_needed)
    if answer is not None and right(answer, truths):
        return 1.0 if valid else 1.0 - structure
    if valid:
        return structure + (retrieval if brought(blocks, truths) else 0.0)
    return 0.0 if answer is None else final


def brought(blocks: Blocks, truths: Sequence[str]) -> bool:
    """Whether a right answer occurs in what any search brought."""
    known = [normal for normal in map(normalised, truths) if normal]
    found = [normalised(block.content) for block in blocks.of("information")]
    return any(truth in text for text in found for truth in known)
