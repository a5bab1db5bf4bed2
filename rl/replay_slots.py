"""Where in a group replayed episodes go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum

import numpy as np

from clickwright.rl.advantages import Group
from clickwright.trajectories.records import Episode


class Slot(StrEnum):
    """Which members make room: the first ones, as in the released code, drawn ones, or none: the group grows."""

    FIRST = "first"
    RANDOM = "random"
    APPEND = "append"


def room(group: Group, slot: Slot, wanted: int) -> int:
    """How many episodes can be put in: where members make room, at least one of the group's own stays."""
    return wanted if slot is Slot.APPEND else min(wanted, len(group.episodes) - 1)


def put_in(group: Group, replayed: Sequence[Episode], slot: Slot, rng: np.random.Generator) -> Group:
    """The group with replayed members.

    Args:
        group: As it was rolled out.
        replayed: At most as many as there is ``room`` for.
        slot: Where they go.
        rng: Draws the places of ``Slot.RANDOM``.

    Raises:
        ValueError: None of the group's own members would stay.
    """
    members = list(group.episodes)
    if slot is Slot.APPEND:
        return replace(group, episodes=(*members, *replayed))
    if len(replayed) >= len(members):
        raise ValueError(f"{len(replayed)} replayed episodes would take the place of all {len(members)} members")
    if slot is Slot.FIRST:
        return replace(group, episodes=(*replayed, *members[len(replayed) :]))
    for place, episode in zip(rng.permutation(len(members)), replayed, strict=False):
        members[place] = episode
    return replace(group, episodes=tuple(members))
