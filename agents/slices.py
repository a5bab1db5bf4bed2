"""One completion of several actions as a completion for each: consecutive stretches of its tokens.

::

    text     <think>a, then b</think> press('a')   press('b')   <eos>
    actions                           |--------|   |--------|
    slices  |-----------------------------------|------------------|

A slice ends where its action ends, and the last one with the completion, so each action's tokens are its own words and
the thought before them. A token that stands across a border belongs to the slice in which it starts.
"""

from __future__ import annotations

import codecs
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate

from clickwright.agents.policy import Completion, Prompt


def starts_of_bytes(pieces: Iterable[bytes]) -> tuple[int, ...]:
    r"""Where each piece of a UTF-8 text starts, in characters: a piece that starts inside one starts with it.

    Bytes that are no UTF-8 count as the characters that replace them.

    Example:
        >>> starts_of_bytes([b"ab", b"\xc3", b"\xa9!", b""])
        (0, 2, 2, 4)
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    done = 0
    starts: list[int] = []
    for piece in pieces:
        if not piece:
            starts.append(done)
            continue
        first = len(decoder.decode(piece[:1]))
        waiting = decoder.getstate()[0].decode("utf-8", "replace")
        # What the first byte completes is its own character, but for what it proves to be broken before it. What waits
        # for more bytes may be two characters already: half of a surrogate is one for each byte.
        starts.append(done + first + len(waiting) - 1)
        done += first + len(decoder.decode(piece[1:]))
    return tuple(starts)


def starts_of_texts(text: str, before: Iterable[str]) -> tuple[int, ...]:
    """Where each token of a text starts, given the text of the tokens before it as a tokenizer writes that alone.

    A token starts where the two texts part, which is before a character that is not yet complete.

    Example:
        >>> starts_of_texts("aé!", ["", "a", "a\ufffd", "aé"])
        (0, 1, 1, 2)
    """

    def common(said: str) -> int:
        both = enumerate(zip(said, text, strict=False))
        return next((place for place, (a, b) in both if a != b), min(len(said), len(text)))

    return tuple(accumulate(map(common, before), max))


def sliced(
    prompt: Prompt, completion: Completion, *, ends: Sequence[int], starts: Sequence[int]
) -> list[tuple[Prompt, Completion]]:
    """Cut a completion after each of its actions.

    Args:
        prompt: What was read.
        completion: What was said.
        ends: Where each action ends in the completion's text, in order; the last slice takes what is left.
        starts: Where each token starts in that text.

    Returns:
        For each action the tokens that stand before its slice, and its slice; slices may be empty, and together they
        are the completion.
    """
    borders = [bisect_left(starts, end) for end in ends[:-1]]
    found: list[tuple[Prompt, Completion]] = []
    token = char = 0
    for number, end in enumerate([*ends[:-1], len(completion.text)]):
        last = number == len(ends) - 1
        stop = len(completion.token_ids) if last else max(token, borders[number])
        said = replace(
            completion,
            token_ids=completion.token_ids[token:stop],
            logprobs=completion.logprobs[token:stop],
            text=completion.text[char : max(char, end)],
        )
        found.append((replace(prompt, token_ids=prompt.token_ids + completion.token_ids[:token]), said))
        token, char = stop, max(char, end)
    return found
