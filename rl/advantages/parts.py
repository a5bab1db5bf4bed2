"""Named terms of the reward, looked up by what a recipe calls them."""

from __future__ import annotations

from clickwright.errors import UnknownNameError
from clickwright.rl.advantages.columns import Columns, Floats


def part_of(columns: Columns, name: str) -> Floats:
    """A reward part, row by row, ``nan`` where a row has none.

    Raises:
        UnknownNameError: No step of the batch carries a part of that name, so that a setting would do nothing.
    """
    if name not in columns.parts and len(columns):
        raise UnknownNameError("reward part", name, allowed=columns.parts)
    return columns.parts[name] if len(columns) else columns.reward
