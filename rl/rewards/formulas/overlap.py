"""How far two short texts say the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from clickwright.envs.search.answers import normalised

LONGEST = 20_000
"""Characters of a text that are looked at."""

_VERDICTS = frozenset({"yes", "no", "noanswer"})


def token_f1(answer: str, truth: str) -> float:
    """F1 of the words that two answers share, once normalised; a verdict (yes, no, noanswer) is right or wrong.

    Sources: Rajpurkar et al., SQuAD (arXiv 1606.05250), its evaluation; the guard for verdicts is that of HotpotQA.

    Example:
        >>> round(token_f1("The Eiffel Tower", "Eiffel tower in Paris"), 6), token_f1("yes", "no")
        (0.666667, 0.0)
    """
    said, wanted = normalised(answer[:LONGEST]), normalised(truth[:LONGEST])
    if said != wanted and _VERDICTS & {said, wanted}:
        return 0.0
    ours, theirs = Counter(said.split()), Counter(wanted.split())
    return harmonic((ours & theirs).total(), ours.total(), theirs.total())


def best_f1(answer: str, truths: Iterable[str]) -> float:
    """The best ``token_f1`` with any of several right answers; 0 with none."""
    return max((token_f1(answer, truth) for truth in truths), default=0.0)


def word_set_f1(said: str, wanted: str) -> float:
    """F1 of two sets of words; of two single words, 1 when either is part of the other. Brackets are left out.

    Source: ritzz-ai/GUI-R1 ``verl/utils/reward_score/r1gui.py``.

    Example:
        >>> word_set_f1("shanghai mall", "shanghai shopping mall"), word_set_f1("up", "upstairs")
        (0.8, 1.0)
    """
    ours, theirs = (set(_unbracketed(text).split()) for text in (said, wanted))
    if len(ours) == len(theirs) == 1:
        (one,), (other,) = ours, theirs
        if one in other or other in one:
            return 1.0
    return harmonic(len(ours & theirs), len(ours), len(theirs))


def harmonic(shared: int, ours: int, theirs: int) -> float:
    """The harmonic mean of precision and recall; 0 where nothing is shared."""
    return 2.0 * shared / (ours + theirs) if shared else 0.0


def _unbracketed(text: str) -> str:
    return text[:LONGEST].lower().replace("[", "").replace("]", "")
