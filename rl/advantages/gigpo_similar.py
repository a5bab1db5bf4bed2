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

from typing import Annotated, Any

import numpy as np
from pydantic import Field

from clickwright.errors import require
from clickwright.rl.advantages.base import ESTIMATORS
from clickwright.rl.advantages.columns import Columns, Ints, Need, given
from clickwright.rl.advantages.gigpo import Gigpo
from clickwright.rl.advantages.segments import dense


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
        fuzz: Any = require("rapidfuzz.fuzz", extra="train")
        process: Any = require("rapidfuzz.process", extra="train")
        texts = given(columns.texts, "texts")
        number = {text: place for place, text in enumerate(dict.fromkeys(texts))}
        code = np.fromiter(map(number.__getitem__, texts), dtype=np.int64, count=len(texts))[rows]
        page, num_pages = dense(columns.group[rows] * max(len(number), 1) + code)
        first = np.empty(num_pages, dtype=np.int64)
        first[page[::-1]] = np.arange(len(rows))[::-1]
        order = np.argsort(first)
        # What each page of a group counts as: itself, or the first that it is alike, in the order of the rows.
        cluster = np.arange(num_pages)
        openers: dict[int, tuple[list[str], list[int]]] = {}
        visited = rows[first[order]]
        for place, group, row in zip(order.tolist(), columns.group[visited].tolist(), visited.tolist(), strict=True):
            first_texts, first_pages = openers.setdefault(group, ([], []))
            hits = process.extract_iter(texts[row], first_texts, scorer=fuzz.ratio, score_cutoff=100 * self.similarity)
            hit = next(hits, None)
            if hit is None:
                first_texts.append(texts[row])
                first_pages.append(place)
            else:
                cluster[place] = first_pages[hit[2]]
        return dense(cluster[page])
