"""The contract of an estimator: columns of step rows in, one advantage per row (or per token) out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from clickwright.rl.advantages.columns import Columns, Floats, Need
from clickwright.rl.registry import Registry


@dataclass(frozen=True, slots=True, kw_only=True)
class Advantages:
    """What an estimator says of a batch.

    Attributes:
        total: One number per row; 0 for rows that are not trained.
        per_token: One number per completion token, in the order of ``Columns.tokens``, when tokens of one row differ;
            ``total`` is then the mean of the row's.
        parts: Named terms of it, per row, recorded beside it.
        metrics: Numbers worth logging.
    """

    total: Floats
    per_token: Floats | None = None
    parts: Mapping[str, Floats] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)


class Estimator(Protocol):
    """Turns rewards into credit.

    A class that reads more than the five columns says so: ``needs = frozenset({Need.SUCCESS})``.
    """

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row."""


class Multiplier(Protocol):
    """Scales credit that an estimator gave; may have ``needs`` like an estimator."""

    def scale(self, columns: Columns) -> Floats:
        """What to multiply by: one number per row, or, with ``Need.TOKENS`` among the needs, one per token."""


class Editor(Protocol):
    """Changes rewards before they are credited; may have ``needs`` like an estimator."""

    def edit(self, columns: Columns, *, iteration: int) -> Columns:
        """The same rows with other rewards."""


ESTIMATORS: Registry[Estimator] = Registry("estimator")
MULTIPLIERS: Registry[Multiplier] = Registry("multiplier")
EDITORS: Registry[Editor] = Registry("editor")


def needs_of(part: object) -> frozenset[Need]:
    """Optional columns that an estimator, multiplier or editor reads."""
    needs: frozenset[Need] = getattr(part, "needs", frozenset())
    return needs


def row_means(per_token: Floats, row: np.ndarray, num_rows: int) -> Floats:
    """Mean over the tokens of each row; 0 for a row without tokens."""
    count = np.bincount(row, minlength=num_rows)
    mean = np.bincount(row, weights=per_token, minlength=num_rows) / np.maximum(count, 1)
    return np.asarray(mean, dtype=np.float64)
