"""Episodes without their steps: what a list shows, filters by and sorts by, and how a page of it is found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clickwright.errors import ConfigError
from clickwright.trajectories import rows
from clickwright.trajectories.packing import pack_text, unpack_float
from clickwright.trajectories.records import Episode, Status
from clickwright.trajectories.schema import END_COLUMNS, EPISODE_COLUMNS

Order = Literal["oldest", "newest", "best", "worst", "longest", "id"]

SOURCE = "episodes e LEFT JOIN ends n ON n.episode = e.number"
NUM_STEPS = "coalesce(n.num_steps, coalesce(e.branch_t, 0) + (SELECT count(*) FROM steps s WHERE s.episode = e.number))"
SCORE = (
    "CASE WHEN n.episode IS NULL THEN coalesce(e.branch_score, 0.0) + "
    "(SELECT total(s.reward) FROM steps s WHERE s.episode = e.number) ELSE n.score END"
)
ORDERS: dict[str, tuple[str, str]] = {
    "oldest": ("e.number", "ASC"),
    "newest": ("e.number", "DESC"),
    "best": (f"coalesce({SCORE}, -9e999)", "DESC"),
    "worst": (f"coalesce({SCORE}, -9e999)", "ASC"),
    "longest": (NUM_STEPS, "DESC"),
    "id": ("e.id", "ASC"),
}
"""What each order sorts by, and in which direction; a score that is no number counts as the lowest."""

FINAL_TEXT = 1 + len(EPISODE_COLUMNS) + 1 + END_COLUMNS.index("final_text")
"""Place in a row of ``head_query`` of the number of the last observation text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """An episode without its steps, as a list shows it.

    Attributes:
        number: Its place in the store, from 1.
        episode: The episode; ``steps`` is empty.
        num_steps: How many steps it has (so far), those before a branch included.
        score: Sum of its rewards (so far), those before a branch included.
        started: Unix time of its beginning.
        ended: Unix time of its end, if it has one.
    """

    number: int
    episode: Episode
    num_steps: int
    score: float
    started: float
    ended: float | None


def status_of(live: int) -> str:
    """How an episode ended, as SQL; ``live`` is the session whose writer is at work."""
    return f"coalesce(n.status, CASE e.session WHEN {int(live)} THEN 'running' ELSE 'crashed' END)"


def conditions(
    live: int,
    *,
    task: str | None = None,
    split: str | None = None,
    agent: str | None = None,
    group_id: str | None = None,
    iteration: int | None = None,
    success: bool | None = None,
    status: Status | str | None = None,
    parent: str | None = None,
) -> tuple[str, dict[str, Any]]:
    """Filters as SQL over ``SOURCE`` and its parameters; ``None`` asks nothing.

    Args:
        live: The session whose writer is at work.
        task: Task name.
        split: Split.
        agent: Who acted.
        group_id: Group.
        iteration: Training iteration.
        success: Whether the goal was met.
        status: How it ended.
        parent: Id of the episode it branches off.

    Raises:
        ConfigError: An unknown ``status``.
    """
    if status is not None and status not in tuple(Status):
        raise ConfigError(f"unknown status {status!r}: one of {', '.join(Status)}")
    asked: dict[str, tuple[str, str | int | None]] = {
        "task": ("e.task", task), "split": ("e.split", split), "agent": ("e.agent", agent),
        "group_id": ("e.group_id", group_id), "iteration": ("e.iteration", iteration), "parent": ("e.parent", parent),
        "success": ("coalesce(n.success, 0)", None if success is None else int(success)),
        "status": (status_of(live), None if status is None else str(status)),
    }  # fmt: skip
    given = {name: (column, value) for name, (column, value) in asked.items() if value is not None}
    where = " AND ".join(f"{column} = :{name}" for name, (column, _) in given.items()) or "1"
    values = {name: pack_text(value) if isinstance(value, str) else value for name, (_, value) in given.items()}
    return where, values


def ordering(order: Order, after: int | None) -> tuple[str, str]:
    """A condition that lets through what follows episode number ``after``, and the ``ORDER BY`` of an order.

    Raises:
        ConfigError: An unknown order.
    """
    if order not in ORDERS:
        raise ConfigError(f"unknown order {order!r}: one of {', '.join(ORDERS)}")
    key, direction = ORDERS[order]
    if after is None:
        follows = "1"
    elif key == "e.number":
        follows = f"e.number {'>' if direction == 'ASC' else '<'} {int(after)}"
    else:
        last = f"(SELECT {key} FROM {SOURCE} WHERE e.number = {int(after)})"
        beyond = ">" if direction == "ASC" else "<"
        follows = f"({key} {beyond} {last} OR ({key} = {last} AND e.number > {int(after)}))"
    return follows, f"{key} {direction}" + ("" if key == "e.number" else ", e.number")


def head_query(live: int, count: int) -> str:
    """The statement for the heads of ``count`` episodes, given their numbers."""
    begins = ", ".join(f"e.{column}" for column in (*EPISODE_COLUMNS, "crc"))
    ends = ", ".join(f"n.{column}" for column in (*END_COLUMNS, "crc"))
    return (
        f"SELECT e.number, {begins}, {ends}, {status_of(live)}, {NUM_STEPS}, {SCORE} FROM {SOURCE} "
        f"WHERE e.number IN ({', '.join('?' * count)})"
    )


def read_head(row: Sequence[Any], texts: Mapping[int, str]) -> Head:
    """The head of a row of ``head_query``.

    Args:
        row: The row.
        texts: Observation texts by number.

    Raises:
        DamagedFileError: The row was changed since it was written.
    """
    number, *rest = row
    begin, rest = rest[: len(EPISODE_COLUMNS) + 1], rest[len(EPISODE_COLUMNS) + 1 :]
    end, (status, num_steps, score) = rest[: len(END_COLUMNS) + 1], rest[len(END_COLUMNS) + 1 :]
    fields = rows.unpack_header(begin)
    if end[0] is None:
        fields["status"] = Status(status)
    else:
        fields |= rows.unpack_end(end, texts.get(row[FINAL_TEXT], ""))
    return Head(
        number=number,
        episode=Episode(**fields),
        num_steps=num_steps,
        score=0.0 if num_steps == 0 else unpack_float(score),
        started=begin[EPISODE_COLUMNS.index("started")],
        ended=end[END_COLUMNS.index("ended")],
    )
