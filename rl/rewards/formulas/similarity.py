"""How alike short texts are, by the words they share: cosines of word vectors, without a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from clickwright.envs.search.bm25 import words
from clickwright.rl.advantages.columns import Floats

MAX_TEXTS = 256
"""Texts that are compared, at most."""


def counted(texts: Sequence[str]) -> Floats:
    """Vectors of word counts, of length 1; of length 0 for a text without a word. Shape ``[texts, words]``."""
    return _unit(_counts([words(text) for text in texts]))


def tfidf(texts: Sequence[str]) -> Floats:
    """Vectors of word counts times ``ln((1 + n) / (1 + n_w)) + 1``, of length 1; words of one letter are left out.

    Source: the defaults of scikit-learn's ``TfidfVectorizer``.
    """
    counts = _counts([[word for word in words(text) if len(word) > 1] for text in texts])
    holders = (counts > 0).sum(axis=0)
    return _unit(counts * (np.log((1.0 + len(texts)) / (1.0 + holders)) + 1.0))


Embedder = Callable[[Sequence[str]], Floats]
"""From texts to vectors of length 1 or 0, shape ``[texts, anything]``."""

EMBEDDERS: Mapping[str, Embedder] = {"counted": counted, "tfidf": tfidf}
"""What a recipe can name."""


def cosines(embed: Embedder, one: Sequence[str], other: Sequence[str]) -> Floats:
    """How alike each text of one list is to each of another, shape ``[one, other]``; 0 for a text without a word.

    Example:
        >>> cosines(counted, ["a red door"], ["a red door", "blue"]).round(6).tolist()
        [[1.0, 0.0]]
    """
    vectors = embed([*one, *other])
    found: Floats = np.clip(vectors[: len(one)] @ vectors[len(one) :].T, 0.0, 1.0)
    return found


def _counts(texts: Sequence[Sequence[str]]) -> Floats:
    places: dict[str, int] = {}
    for text in texts:
        for word in text:
            places.setdefault(word, len(places))
    counts = np.zeros((len(texts), len(places)), dtype=np.float64)
    for row, text in enumerate(texts):
        for word in text:
            counts[row, places[word]] += 1.0
    return counts


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    found: Floats = vectors / np.where(lengths > 0.0, lengths, 1.0)
    return found
