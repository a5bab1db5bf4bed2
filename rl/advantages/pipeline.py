"""Rewards edited, credited and scaled, in that order: what a recipe makes of an estimator, editors and multipliers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from clickwright.rl.advantages.base import Advantages, Editor, Estimator, Multiplier, needs_of, row_means
from clickwright.rl.advantages.columns import Columns, Need, given


class Pipeline:
    """An estimator with what comes before and after it; an estimator itself.

    Args:
        estimator: Credits.
        editors: Change rewards first, in this order.
        multipliers: Scale the credit, in any order.
    """

    def __init__(
        self, estimator: Estimator, *, editors: Sequence[Editor] = (), multipliers: Sequence[Multiplier] = ()
    ) -> None:
        self.estimator, self.editors, self.multipliers = estimator, tuple(editors), tuple(multipliers)
        self.iteration = 0
        """Iteration of the batch; editors may anneal over it."""

    @property
    def needs(self) -> frozenset[Need]:
        """Optional columns that any of the parts reads."""
        parts = (self.estimator, *self.editors, *self.multipliers)
        return frozenset().union(*(needs_of(part) for part in parts))

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row."""
        edited = columns
        for editor in self.editors:
            edited = editor.edit(edited, iteration=self.iteration)
        credit = self.estimator.advantages(edited)
        for multiplier in self.multipliers:
            credit = scaled(edited, credit, multiplier)
        if self.editors:
            credit = replace(credit, parts={**credit.parts, "reward": edited.reward})
        return credit


def scaled(columns: Columns, credit: Advantages, multiplier: Multiplier) -> Advantages:
    """Credit times what a multiplier says, by rows or by tokens."""
    factor = multiplier.scale(columns)
    if Need.TOKENS not in needs_of(multiplier):
        per_token = credit.per_token
        if per_token is not None:
            per_token = per_token * factor[given(columns.tokens, "tokens").row]
        return replace(credit, total=credit.total * factor, per_token=per_token)
    tokens = given(columns.tokens, "tokens")
    before = credit.total[tokens.row] if credit.per_token is None else credit.per_token
    after = np.asarray(before * factor, dtype=np.float64)
    return replace(credit, total=row_means(after, tokens.row, len(columns)), per_token=after)
