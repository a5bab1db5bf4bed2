"""GiGPO over states that read alike: rows of a group whose texts are similar enough count as visits to one state.

    ratio(a, b) = 2 * LCS(a, b) / (len(a) + len(b))
    a text joins the first cluster of its group whose first member has ratio >= similarity, else it opens one

Everything else is GiGPO. Clusters depend on the order of the rows, as in the original. A similarity of .95 merges
states that differ in one digit of a long page: look at what it merges before trusting it.

Source: Feng et al., GiGPO (arXiv 2505.10978); verl-agent ``gigpo/core_gigpo.py``, ``enable_similarity``. The original's
ratio is difflib's, which depends on the order of its arguments and ignores frequent characters of long texts; this one
is rapidfuzz's, which does neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from clickwright.errors import require
from clickwright.rl.advantages.base import ESTIMATORS
from clickwright.rl.advantages.columns import Columns, Ints, Need, given
from clickwright.rl.advantages.gigpo import Gigpo
from clickwright.rl.advantages.segments import dense

BLOCK = 16
"""Texts that are compared at a time: a call costs as much as many short comparisons."""


@ESTIMATORS.register("gigpo_similar")
class GigpoSimilar(Gigpo):
    """GiGPO with states grouped by how alike their texts are."""

    needs = frozenset({Need.TEXTS})

    class Options(Gigpo.Options):
        """Settings.

        Attributes:
            similarity: Least ratio at which two texts count as one state.
        """

        similarity: Annotated[float, Field(gt=0.0, le=1.0)] = 0.95

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.similarity = options.similarity

    def states(self, columns: Columns, rows: Ints) -> tuple[Ints, int]:
        """Number the clusters of similar texts, group by group."""
        texts = given(columns.texts, "texts")
        number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        code = np.fromiter(map(number.__getitem__, texts), dtype=np.int64, count=len(texts))[rows]
        page, num_pages = dense(columns.group[rows] * max(len(number), 1) + code)
        first = np.empty(num_pages, dtype=np.int64)
        first[page[::-1]] = np.arange(len(rows))[::-1]
        group = columns.group[rows[first]]
        # Pages by group, and in the order of the rows within one.
        order = np.lexsort((first, group))
        ends = np.flatnonzero(np.diff(group[order], append=-1)) + 1
        cluster = np.arange(num_pages)
        read = [texts[row] for row in rows[first[order]].tolist()]
        start = 0
        for end in ends.tolist():
            alike = first_alike(read[start:end], self.similarity)
            if alike is not None:
                cluster[order[start:end]] = order[start:end][alike]
            start = end
        return dense(cluster[page])


def first_alike(texts: Sequence[str], similarity: float) -> list[int] | None:
    """For each text the first before it that opened a cluster and is alike, else itself; ``None`` where all differ.

    Example:
        >>> first_alike(["press Ok", "press OK", "go"], 0.8)
        [0, 0, 2]
    """
    fuzz: Any = require("rapidfuzz.fuzz", extra="train")
    process: Any = require("rapidfuzz.process", extra="train")
    found, openers = list(range(len(texts))), list[int]()
    for begin in range(0, len(texts), BLOCK):
        block = texts[begin : begin + BLOCK]
        candidates = [*openers, *range(begin, begin + len(block))]
        scores = process.cdist(
            block, [texts[place] for place in candidates], scorer=fuzz.ratio, score_cutoff=100 * similarity
        )
        if np.count_nonzero(scores) == len(block):  # every text is like itself and no other
            openers = candidates
            continue
        opened = set(openers)
        for place, hits in enumerate(scores > 0, start=begin):
            alike = (candidates[hit] for hit in np.flatnonzero(hits).tolist())
            found[place] = next((one for one in alike if one in opened), place)
            if found[place] == place:
                opened.add(place)
                openers.append(place)
    return None if len(openers) == len(texts) else found
