"""One row of a recording against the same row of its replay, level by level."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from itertools import islice, zip_longest
from typing import Any

import numpy as np

from clickwright.envs.changes import changed_tiles
from clickwright.envs.likeness import Level
from clickwright.envs.surface import Frame
from clickwright.trajectories.frames import stored_pixels
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.replay.verdicts import Difference
from clickwright.trajectories.seeing import Seen
from clickwright.trajectories.wording import printable, shorten

INVISIBLE = 8
"""How far apart two values of a channel may be for a difference nobody sees: edges are smoothed that much otherwise."""

STATE_FIELDS = ("text", "error", "state_key", "state_digest", "frame_sha256", "elements")
"""What a row keeps of the state that it begins in."""

SAME_PLACE = 1e-3
"""How far apart two edges may be, as a fraction of the screen: a browser measures in fractions of a pixel, and rounds
the same one now up and now down."""

MAX_TILES_NAMED, MAX_LINES, MAX_CHARS = 6, 6, 120


def state_of(row: Step | Seen | Mapping[str, Any]) -> dict[str, Any]:
    """What a step, or the end of an episode, keeps of a state; a field that it lacks is left out."""
    found = row.get if isinstance(row, Mapping) else lambda name: getattr(row, name, None)
    return {name: value for name in STATE_FIELDS if (value := found(name)) is not None}


def differing_pixels(recorded: Frame, found: Frame | None) -> list[Difference]:
    """How two frames differ.

    Raises:
        DamagedFileError: The recorded one cannot be decoded.
    """
    if found is None:
        return [Difference(level=Level.PIXELS, detail="the replay shows no frame")]
    if recorded.sha256 == found.sha256:
        return []
    before, after = stored_pixels(recorded), found.pixels()
    if before.shape != after.shape:
        sizes = " x ".join(map(str, before.shape[1::-1])), " x ".join(map(str, after.shape[1::-1]))
        detail = f"{sizes[0]} pixels recorded, {sizes[1]} found"
        return [Difference(level=level, detail=detail) for level in (Level.PIXELS, Level.TILES)]
    num_pixels = int((before != after).any(axis=2).sum())
    if not num_pixels:
        return []
    told = [Difference(level=Level.PIXELS, detail=f"{num_pixels} of {before.shape[0] * before.shape[1]} pixels")]
    tiles = changed_tiles(before, after, tolerance=INVISIBLE)
    if tiles.any():
        places = [f"({column}, {row})" for row, column in np.argwhere(tiles).tolist()]
        more = f" and {len(places) - MAX_TILES_NAMED} more" if len(places) > MAX_TILES_NAMED else ""
        detail = f"{len(places)} of {tiles.size} tiles: {', '.join(places[:MAX_TILES_NAMED])}{more}"
        told.append(Difference(level=Level.TILES, detail=detail))
    return told


def _words(value: object) -> str:
    return printable(shorten(str(value), MAX_CHARS))


def _changed(name: str, recorded: object, found: object) -> str:
    return f"{name} {_words(recorded)!r} -> {_words(found)!r}"


def _text_change(recorded: str, found: str) -> str:
    lines = difflib.unified_diff(recorded.splitlines(), found.splitlines(), n=0, lineterm="")
    changed = (line for line in lines if line[:1] in "+-" and line[:3] not in ("---", "+++"))
    return "text: " + "; ".join(_words(line) for line in islice(changed, MAX_LINES))


def same_box(one: Sequence[float] | None, other: Sequence[float] | None) -> bool:
    """Whether two boxes are at one place, up to ``SAME_PLACE``.

    Example:
        >>> same_box((0.2523, 0, 1, 1), [0.2524, 0, 1, 1]), same_box((0.25, 0, 1, 1), (0.26, 0, 1, 1))
        (True, False)
    """
    edges = one or (), other or ()
    return len(edges[0]) == len(edges[1]) and all(abs(a - b) <= SAME_PLACE for a, b in zip(*edges, strict=True))


def _same_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return same_box(one.get("box"), other.get("box"))


def _element_words(element: Mapping[str, Any]) -> str:
    box = ", ".join(f"{edge:.3f}" for edge in element.get("box") or ())
    return f"[{element.get('ref')}] {_words(element.get('role'))} {_words(element.get('name'))!r} at ({box})"


def _element_changes(recorded: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]]) -> list[str]:
    """The first element that is otherwise."""
    for one, other in zip_longest(recorded, found):
        if one is None or other is None or {**one, "box": 0} != {**other, "box": 0} or not _same_place(one, other):
            words = [_element_words(each) if each is not None else "none" for each in (one, other)]
            return [f"element {words[0]} -> {words[1]}"]
    return []


def differing_states(recorded: Mapping[str, Any], found: Mapping[str, Any]) -> list[Difference]:
    """How two states differ, pictures aside; what was not recorded is not compared.

    Example:
        >>> [str(each.level) for each in differing_states({"text": "a", "state_digest": "1"}, {"text": "b"})]
        ['structure', 'state']
    """
    structure = []
    if recorded.get("text") and recorded["text"] != found.get("text", ""):
        structure.append(_text_change(recorded["text"], str(found.get("text", ""))))
    if recorded.get("elements"):
        structure += _element_changes(recorded["elements"], found.get("elements") or ())
    structure += [
        _changed(name, recorded[name], found.get(name, ""))
        for name in ("error", "state_key")
        if name in recorded and recorded[name] != found.get(name, "")
    ]
    told = [Difference(level=Level.STRUCTURE, detail=", ".join(structure))] if structure else []
    if recorded.get("state_digest") and recorded["state_digest"] != found.get("state_digest", ""):
        detail = _changed("digest", recorded["state_digest"][:12], str(found.get("state_digest", ""))[:12])
        told.append(Difference(level=Level.STATE, detail=detail))
    return told


def same_number(one: float, other: float) -> bool:
    """Whether two rewards are equal; one that is no number equals itself."""
    return one == other or (math.isnan(one) and math.isnan(other))


def differing_rewards(recorded: Step, found: Step) -> list[Difference]:
    """How what two equal actions earned differs, term by term."""
    told = [] if same_number(recorded.reward, found.reward) else [_changed("reward", recorded.reward, found.reward)]
    for name in sorted({*recorded.reward_parts, *found.reward_parts}):
        one, other = (parts.get(name, math.nan) for parts in (recorded.reward_parts, found.reward_parts))
        if not same_number(one, other):
            told.append(_changed(name, one, other))
    return [Difference(level=Level.REWARD, detail=", ".join(told))] if told else []


def differing_outcomes(recorded: Step, found: Step) -> list[Difference]:
    """How what two equal actions came to differs: whether they could be done, where they landed, what they earned."""
    landed = [
        _changed(name, getattr(recorded, name), getattr(found, name))
        for name in ("action_valid", "action_error")
        if getattr(recorded, name) != getattr(found, name)
    ]
    if not same_box(recorded.box, found.box):
        landed.append(_changed("box", recorded.box, found.box))
    told = [Difference(level=Level.STRUCTURE, detail=", ".join(landed))] if landed else []
    return told + differing_rewards(recorded, found)


def differing_ends(
    episode: Episode, *, last: bool, terminated: bool, truncated: bool, success: bool
) -> list[Difference]:
    """Whether an episode ended as it was recorded.

    Args:
        episode: The recorded episode.
        last: Whether its last action was just done.
        terminated: Whether the task ended in the replay.
        truncated: Whether the environment cut it.
        success: Whether the goal is met.
    """
    found = {"terminated": terminated, "truncated": truncated, "success": success}
    wanted: dict[str, bool] = {}
    if not last:
        wanted = {"terminated": False, "truncated": False}
    elif episode.status in (Status.TERMINATED, Status.TRUNCATED):
        wanted = {"terminated": episode.status is Status.TERMINATED, "success": episode.success}
        # Whoever cut an episode from outside was not the environment, which would have gone on or not.
        if "cut_by" not in episode.meta:
            wanted["truncated"] = episode.status is Status.TRUNCATED
    told = [_changed(name, value, found[name]) for name, value in wanted.items() if value != found[name]]
    return [Difference(level=Level.REWARD, detail=", ".join(told))] if told else []


def merged(*parts: list[Difference]) -> tuple[Difference, ...]:
    """Differences of one row in the order of the levels, one a level."""
    by_level: dict[Level, list[str]] = {}
    for each in (each for part in parts for each in part):
        by_level.setdefault(each.level, []).append(each.detail)
    return tuple(Difference(level=level, detail="; ".join(by_level[level])) for level in Level if level in by_level)
