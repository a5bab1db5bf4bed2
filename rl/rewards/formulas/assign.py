"""Who goes with whom: one-to-one pairs of rows and columns of a table of worth."""

from __future__ import annotations

import numpy as np

from clickwright.rl.advantages.columns import Floats

Pair = tuple[int, int]


def best_pairs(worth: Floats) -> list[Pair]:
    """The pairs whose worth is greatest in sum; every row or every column has one, whichever are fewer.

    The Hungarian algorithm with potentials, in ``O(rows^2 * columns)``.

    Source: Kuhn, "The Hungarian method for the assignment problem" (1955), in the form of Jonker and Volgenant (1987).

    Args:
        worth: Shape ``[rows, columns]``, every entry finite.

    Example:
        >>> best_pairs(np.array([[2.0, 1.9], [1.0, 0.0]]))
        [(0, 1), (1, 0)]
    """
    if worth.shape[0] > worth.shape[1]:
        return sorted((row, column) for column, row in best_pairs(worth.T))
    rows, columns = worth.shape
    of_row, of_column = np.zeros(rows), np.zeros(columns)
    holder = np.full(columns + 1, -1)  # the last column is where a row that has none begins
    for row in range(rows):
        holder[columns], here = row, columns
        least, before = np.full(columns, np.inf), np.full(columns, columns)
        done = np.zeros(columns, dtype=np.bool_)
        while holder[here] >= 0:
            if here < columns:
                done[here] = True
            held = holder[here]
            slack = -worth[held] - of_row[held] - of_column
            nearer = ~done & (slack < least)
            least[nearer], before[nearer] = slack[nearer], here
            there = int(np.argmin(np.where(done, np.inf, least)))
            step = least[there]
            of_row[holder[:columns][done]] += step
            of_row[row] += step
            of_column[done] -= step
            least[~done] -= step
            here = there
        while here != columns:
            holder[here], here = holder[before[here]], int(before[here])
    return sorted((int(row), column) for column, row in enumerate(holder[:columns]) if row >= 0)


def greedy_pairs(worth: Floats) -> list[Pair]:
    """Each row in turn takes the first of the best columns that are left; one that is worth nothing is not taken."""
    left = worth.copy()
    pairs = []
    for row in range(len(left)):
        if left.shape[1] and left[row].max() > 0.0:
            column = int(left[row].argmax())
            left[:, column] = -np.inf
            pairs.append((row, column))
    return pairs
