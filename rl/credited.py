"""The groups of a batch that got any credit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages


def credited(groups: Sequence[Group], credit: Advantages) -> tuple[list[Group], Advantages]:
    """Leave out the groups of which no step got credit, and their part of the credit.

    Where rewards are edited, which group teaches something is known only after they were credited.
    """
    kept = list[Group]()
    rows, tokens = list[bool](), list[bool]()
    start = 0
    for group in groups:
        lengths = [len(step.completion_ids) for episode in group.episodes for step in episode.steps]
        teaches = bool(credit.total[start : start + len(lengths)].any())
        start += len(lengths)
        if teaches:
            kept.append(group)
        rows += [teaches] * len(lengths)
        tokens += [teaches] * sum(lengths)
    row, token = np.asarray(rows, dtype=np.bool_), np.asarray(tokens, dtype=np.bool_)
    return kept, Advantages(
        total=credit.total[row],
        per_token=None if credit.per_token is None else credit.per_token[token],
        parts={name: values[row] for name, values in credit.parts.items()},
        metrics=credit.metrics,
    )
