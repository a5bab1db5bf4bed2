"""O2-Searcher: findings of an open question, by their form, what they cover, and how different the queries were.

    R         = 0.5 * (format + F1 + 0.5 * queries) / 2.5
    format    = (0.5 * share of lines that are bullets + 0.3 * min(bullets / 10, 1) + 0.5 * variety) / 1.3
                - 3 * share of bullets that repeat another, within 0 and 1
    variety   = 1 - s^1.5,  s = 0.5 * greatest + 0.6 * share above 0.6 + 0.2 * mean of the likenesses of two bullets
    F1        = of findings and references in one-to-one pairs that are at least ``threshold`` alike
    queries   = mean over queries of (1 - mean likeness to the others) * quantity(n) * min(1, tokens / 8)
                0.5 * 0.2^(n - 1) where all are alike, 0 for fewer than two
    quantity  = 0.5 up to 5 queries, 0.05 more for each to 15, 0.02 less for each after that; 20 at most are read

The pairs are those with the greatest sum of likenesses that reach the threshold. The release first lets every reference
keep only its nearest finding, so that a finding next to two references leaves one of them bare that another finding
would have covered; ``nearest_only`` does that.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clickwright.envs.search.bm25 import words
from clickwright.rl.advantages.columns import Floats
from clickwright.rl.rewards.formulas.assign import best_pairs
from clickwright.rl.rewards.formulas.overlap import harmonic
from clickwright.rl.rewards.formulas.similarity import MAX_TEXTS, Embedder, cosines, counted, tfidf

MAX_QUERIES = 20
ALL_ALIKE, ALIKE = 0.98, 0.6
SHORT_QUERY = 8
"""Tokens under which a query counts less."""


def bullets(answer: str) -> tuple[list[str], float]:
    """The bullets of an answer, and the share of its lines that are any."""
    lines = [line.strip() for line in answer.split("\n") if line.strip()][:MAX_TEXTS]
    found = [line[2:].strip() for line in lines if line.startswith("- ") and line[2:].strip()]
    return found, len(found) / len(lines) if lines else 0.0


def format_score(answer: str) -> float:
    """How well an answer is a list of different findings, from 0 to 1."""
    found, in_form = bullets(answer)
    if not answer.strip() or answer.strip().lower() == "and":
        return 0.0
    repeated = 1.0 - len(set(found)) / max(1, len(found))
    score = (0.5 * in_form + 0.3 * min(len(found) / 10.0, 1.0) + 0.5 * variety(found)) / 1.3 - 3.0 * repeated
    return min(1.0, max(0.0, score))


def variety(texts: Sequence[str]) -> float:
    """How different texts are from one another, from 0 to 1; 1 for fewer than two."""
    if len(texts) < 2:
        return 1.0
    vectors = tfidf(texts[:MAX_TEXTS])
    pairs = (vectors @ vectors.T)[np.triu_indices(len(vectors), k=1)]
    likeness = 0.5 * pairs.max() + 0.6 * (pairs > ALIKE).mean() + 0.2 * pairs.mean()
    return max(0.0, float(1.0 - likeness**1.5))


def findings_f1(likeness: Floats, *, threshold: float = 0.75, nearest_only: bool = False) -> float:
    """F1 of findings and references in pairs that are alike.

    Args:
        likeness: How alike, shape ``[findings, references]``.
        threshold: From where on two are the same.
        nearest_only: Whether a reference can go only with its nearest finding, where several reach the threshold.
    """
    if not likeness.size:
        return 0.0
    worth = np.where(likeness >= threshold, likeness, 0.0)
    if nearest_only:
        worth = np.where(worth == worth.max(axis=0), worth, 0.0)
    shared = sum(worth[pair] > 0.0 for pair in best_pairs(worth))
    return harmonic(shared, *likeness.shape)


def quantity(num_queries: int) -> float:
    """What the number of queries is worth."""
    if num_queries <= 5:
        return 0.5
    return 0.5 + (num_queries - 5) * 0.05 if num_queries <= 15 else 0.9 - (num_queries - 15) * 0.02


def query_score(queries: Sequence[str], *, embed: Embedder = counted) -> float:
    """How different queries are from one another.

    Unchecked: tokens of a query are its words and the two marks around them; the release asks a model's tokenizer, and
    rounds every number to two places.
    """
    queries = queries[:MAX_QUERIES]
    number = len(queries)
    if number < 2:
        return 0.0
    likeness = cosines(embed, queries, queries)
    if (likeness > ALL_ALIKE).all():
        return 0.5 * 0.2 ** (number - 1)
    apart = (1.0 - likeness).sum(axis=1) - (1.0 - likeness.diagonal())
    long = np.array([min(1.0, (len(words(query)) + 2) / SHORT_QUERY) for query in queries])
    return float((apart / (number - 1) * quantity(number) * long).mean())


def reward(
    answer: str,
    references: Sequence[str],
    queries: Sequence[str],
    *,
    threshold: float = 0.75,
    embed: Embedder = counted,
    nearest_only: bool = False,
) -> dict[str, float]:
    """The reward of an answer to an open question and its terms: ``reward``, ``format``, ``f1`` and ``queries``.

    Args:
        answer: The findings, a bullet a line.
        references: What could be found.
        queries: What was searched for.
        threshold: From where on a finding is a reference.
        embed: How likeness is measured.
        nearest_only: See ``findings_f1``.
    """
    found, _ = bullets(answer)
    likeness = cosines(embed, found, references[:MAX_TEXTS])
    terms = {
        "format": format_score(answer),
        "f1": findings_f1(likeness, threshold=threshold, nearest_only=nearest_only),
        "queries": query_score(queries, embed=embed),
    }
    return {"reward": 0.5 * (terms["format"] + terms["f1"] + 0.5 * terms["queries"]) / 2.5, **terms}
