"""What else was tried in the state of a step, by the group of its episode and by the branches of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from clickwright.trajectories.heads import SCORE, SOURCE
from clickwright.trajectories.packing import pack_text, unpack_json, unpack_text
from clickwright.trajectories.viewer.kin import kin
from clickwright.trajectories.viewer.source import Source
from clickwright.trajectories.wording import action_line

ADVANTAGE = "advantage"
MAX_EXAMPLES = 12

SAME_STATE_SQL = f"""
    SELECT e.id, e.member, s.t, s.action, s.box, {SCORE}, coalesce(n.success, 0)
    FROM {SOURCE} JOIN steps s ON s.episode = e.number
    WHERE e.number IN (SELECT value FROM json_each(?)) AND s.state_key = ? ORDER BY e.number, s.t
"""


def tried_json(source: Source, episode_id: str, t: int, *, blind: bool) -> dict[str, Any]:
    """The actions taken in the state of a step, the best first.

    Args:
        source: The run.
        episode_id: The episode.
        t: The step, from 0.
        blind: Leave out what they came to, and sort by name.

    Returns:
        ``actions``: for each its line, the action, a box it hit, whether this step took it, how often it was taken,
        the mean return and number of successes of those episodes, the mean advantage of those steps where there is
        one, and where to look. Empty where the state has no key, so that none can be told to be the same.

    Raises:
        UnknownNameError: No such episode or step.
    """
    step = source.step(episode_id, t)
    if not step.state_key:
        return {"actions": [], "num_steps": 0}
    numbers = [number for number, _ in kin(source, source.reader.head(episode_id).episode)]
    found = source.reader.query(SAME_STATE_SQL, (json.dumps(numbers), pack_text(step.state_key)))
    chosen = action_line(step.action)
    by_line: dict[str, list[tuple[Any, ...]]] = {}
    for row in found:
        try:
            line = action_line(unpack_json(row[3]))
        except ValueError:  # a damaged row of another rollout: the doctor's business, not this page's
            continue
        by_line.setdefault(line, []).append(row)
    credit = {} if blind else _advantages(source, [unpack_text(row[0]) for row in found])
    actions = [_action(line, rows, credit, blind=blind) | {"chosen": line == chosen} for line, rows in by_line.items()]
    if blind:
        actions.sort(key=lambda one: str(one["line"]))
    else:
        actions.sort(key=lambda one: (-(one["mean_return"] or 0.0), -one["count"], one["line"]))
    return {"actions": actions, "num_steps": len(found)}


def _action(
    line: str, rows: Sequence[tuple[Any, ...]], credit: dict[tuple[str, int | None], float], *, blind: bool
) -> dict[str, Any]:
    places = [(unpack_text(row[0]), row[2]) for row in rows]
    told = [credit[place] for place in places if place in credit]
    shown: dict[str, Any] = {
        "line": line,
        "action": unpack_json(rows[0][3]),
        "box": next((unpack_json(row[4]) for row in rows if row[4]), None),
        "count": len(rows),
        "examples": [
            {"episode": episode, "t": t, "member": row[1]} for (episode, t), row in zip(places, rows, strict=True)
        ][:MAX_EXAMPLES],
    }
    if not blind:
        returns = [row[5] for row in rows if row[5] is not None]
        shown |= {
            "mean_return": fmean(returns) if returns else None,
            "num_success": sum(row[6] for row in rows),
            "advantage": fmean(told) if told else None,
        }
    return shown


def _advantages(source: Source, episodes: Sequence[str]) -> dict[tuple[str, int | None], float]:
    return {
        place: value
        for identity in dict.fromkeys(episodes)
        for place, value in source.layer_values_of(ADVANTAGE, identity).items()
        if isinstance(value, float)
    }
