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
        numbers: dict[tuple[int, str], int] = {}
        openers: dict[int, tuple[list[str], list[int]]] = {}
        found = np.empty(len(rows), dtype=np.int64)
        for place, row in enumerate(rows.tolist()):
            key = (int(columns.group[row]), texts[row])
            if key not in numbers:
                first_texts, first_numbers = openers.setdefault(key[0], ([], []))
                hits = process.extract_iter(key[1], first_texts, scorer=fuzz.ratio, score_cutoff=100 * self.similarity)
                hit = next(iter(hits), None)
                if hit is None:
                    first_texts.append(key[1])
                    first_numbers.append(len(numbers))
                numbers[key] = len(numbers) if hit is None else first_numbers[hit[2]]
            found[place] = numbers[key]
        return dense(found)
