"""Texts compared in blocks fall into the clusters that comparing them one by one gives."""

from __future__ import annotations

import numpy as np
import pytest
from rapidfuzz import fuzz

from clickwright.rl.advantages.gigpo_similar import BLOCK, first_alike


def one_by_one(texts: list[str], similarity: float) -> list[int]:
    openers: list[int] = []
    found = []
    for place, text in enumerate(texts):
        hit = next((one for one in openers if fuzz.ratio(text, texts[one]) >= 100 * similarity), None)
        if hit is None:
            openers.append(place)
        found.append(place if hit is None else hit)
    return found


@pytest.mark.parametrize("similarity", [0.3, 0.6, 0.8, 1.0])
@pytest.mark.parametrize("num", [1, BLOCK, 3 * BLOCK + 1])
def test_blocks_change_nothing(num: int, similarity: float) -> None:
    rng = np.random.default_rng(num)
    texts = ["".join(rng.choice(list("abc"), int(rng.integers(3, 9))).tolist()) for _ in range(num)]
    texts = list(dict.fromkeys(texts))
    expected = one_by_one(texts, similarity)
    assert (first_alike(texts, similarity) or list(range(len(texts)))) == expected


def test_texts_that_all_differ_need_no_clusters() -> None:
    assert first_alike([f"{'x' * place}" for place in range(1, 40)], 1.0) is None
    assert first_alike(["a", "a b", "a"], 1.0) == [0, 1, 0]
