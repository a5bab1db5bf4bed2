"""Episodes that belong together: the rollouts of one group, and the branches that grew out of one episode."""

from __future__ import annotations

from clickwright.errors import DamagedFileError
from clickwright.trajectories.packing import pack_text, unpack_text
from clickwright.trajectories.records import Episode
from clickwright.trajectories.viewer.source import Source

MAX_KIN = 64

KIN_SQL = """
    WITH RECURSIVE up(id, parent) AS (
        SELECT id, parent FROM episodes WHERE id = ?1
        UNION SELECT e.id, e.parent FROM episodes e JOIN up ON e.id = up.parent),
    family(id) AS (
        SELECT id FROM up UNION SELECT e.id FROM episodes e JOIN family ON e.parent = family.id LIMIT ?3)
    SELECT number, id FROM episodes WHERE id IN family
    UNION SELECT number, id FROM episodes WHERE group_id = ?2 AND group_id <> '' ORDER BY number LIMIT ?3
"""


def kin(source: Source, episode: Episode, *, limit: int = MAX_KIN) -> list[tuple[int, str]]:
    """Number and id of an episode and of those that belong to it, in the order of their recording.

    Args:
        source: The run.
        episode: One of them.
        limit: How many at most.
    """
    found = source.reader.query(KIN_SQL, (pack_text(episode.id), pack_text(episode.group_id), limit))
    return [(number, unpack_text(identity)) for number, identity in found]


def readable(source: Source, ids: list[str]) -> list[Episode]:
    """Those of the episodes that are whole: what is damaged elsewhere must not hide what is to be seen here."""
    found = []
    for identity in ids:
        try:
            found.append(source.reader.episode(identity))
        except DamagedFileError:
            continue
    return found
