"""Read a run's store, also while it is being written; nothing in the file ever changes by reading it."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from clickwright.envs.surface import Frame
from clickwright.errors import UnknownNameError
from clickwright.trajectories.damage import connect_readonly, damaged, guard, refuse_damaged
from clickwright.trajectories.heads import (
    FINAL_TEXT,
    SOURCE,
    Head,
    Order,
    conditions,
    head_query,
    ordering,
    read_head,
    status_of,
)
from clickwright.trajectories.lock import writer_alive
from clickwright.trajectories.packing import pack_text, unpack_json, unpack_text
from clickwright.trajectories.records import Episode
from clickwright.trajectories.schema import store_file
from clickwright.trajectories.search import Hit, parse, search
from clickwright.trajectories.steps import CHUNK, read_steps, read_texts

FACETS = {
    "task": "e.task", "split": "e.split", "agent": "e.agent", "iteration": "e.iteration", "status": "",
    "success": "coalesce(n.success, 0)", "branch": "e.branch_kind",
}  # fmt: skip
"""Column of each facet."""
SCAN = SOURCE.replace("episodes e", "episodes e NOT INDEXED")
WHOLE_AT_ONCE = 64
NEAR = 2000
"""How many ids at most are compared with one that is not known."""


def _plain(value: object) -> object:
    return unpack_text(value) if isinstance(value, bytes) else value


def find_store(run: str | Path) -> Path:
    """The store file of a run.

    Raises:
        UnknownNameError: There is none; the error names the nearest runs beside it.
    """
    path = store_file(run)
    if path.is_file():
        return path
    home = Path(run).parent
    runs = [entry.name for entry in home.iterdir() if store_file(entry).is_file()] if home.is_dir() else []
    raise UnknownNameError(f"run in {home}/", Path(run).name, allowed=runs)


class StoreReader:
    """A view on a run's store; any number may be open, in any process, while one writer works.

    Args:
        run: Run directory or the path of the store file.

    Raises:
        UnknownNameError: There is no such run.
        DamagedFileError: The file cannot be read; the message says what still can.
        ConfigError: The file has a schema version that this code does not know.
    """

    def __init__(self, run: str | Path) -> None:
        self.path = find_store(run)
        refuse_damaged(self.path)
        self._lock = threading.Lock()
        with guard(self.path):
            self._connection = connect_readonly(self.path)

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a statement of your own over the tables of ``schema.py``; the connection cannot write."""
        with guard(self.path):
            return self._rows(sql, parameters)

    def _rows(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, parameters).fetchall()

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Let everything that is read meanwhile be of one moment."""
        self.query("BEGIN")
        try:
            yield
        finally:
            self.query("COMMIT")

    def run_meta(self) -> dict[str, Any]:
        """What the last session said the run is."""
        found = self.query("SELECT run FROM sessions ORDER BY id DESC LIMIT 1")
        return dict(unpack_json(found[0][0])) if found else {}

    def live_session(self) -> int:
        """The session whose writer is at work now; 0 for none."""
        if not writer_alive(self.path):
            return 0
        return int(self.query("SELECT coalesce(max(id), 0) FROM sessions")[0][0])

    def episodes(
        self,
        *,
        order: Order = "oldest",
        limit: int | None = None,
        offset: int = 0,
        after: int | None = None,
        **filters: Any,
    ) -> list[Head]:
        """Episodes that match every filter given, without their steps.

        Example:
            The second page of a long list::

                page = reader.episodes(task="click-test", order="newest", limit=50)
                page = reader.episodes(task="click-test", order="newest", limit=50, after=page[-1].number)

        Args:
            order: ``oldest``, ``newest``, ``best``, ``worst`` or ``longest`` first, or by ``id``.
            limit: How many at most.
            offset: How many to leave out; for long lists, ``after`` is faster.
            after: Number of the last episode of the page before.
            **filters: ``task``, ``split``, ``agent``, ``group_id``, ``iteration``, ``success``, ``status``, ``parent``.

        Raises:
            ConfigError: An unknown ``order`` or ``status``.
            DamagedFileError: A row was changed since it was written.
        """  # fmt: skip
        return self._heads(self._numbers(order, limit, offset, after, filters))

    def _numbers(
        self, order: Order, limit: int | None, offset: int, after: int | None, filters: Mapping[str, Any]
    ) -> list[int]:
        where, values = conditions(self.live_session(), **filters)
        follows, by = ordering(order, after)
        found = self.query(
            f"SELECT e.number FROM {SOURCE} WHERE {where} AND {follows} ORDER BY {by} "
            f"LIMIT {-1 if limit is None else int(limit)} OFFSET {int(offset)}",
            values,
        )
        return [row[0] for row in found]

    def _heads(self, numbers: Sequence[int]) -> list[Head]:
        live = self.live_session()
        found: dict[int, Head] = {}
        for start in range(0, len(numbers), CHUNK):
            chunk = numbers[start : start + CHUNK]
            rows = self.query(head_query(live, len(chunk)), chunk)
            with self._looking():
                texts = read_texts(self._rows, {row[FINAL_TEXT] for row in rows})
            for row in rows:
                with self._looking(f"episode {row[0]}: "):
                    found[row[0]] = read_head(row, texts)
        return [found[number] for number in numbers]

    @contextmanager
    def _looking(self, where: str = "") -> Iterator[None]:
        """Say of damage that is found what else of the store is left."""
        with guard(self.path):
            try:
                yield
            except ValueError as error:
                raise damaged(self.path, f"{where}{error}") from error

    def head(self, episode_id: str) -> Head:
        """One episode without its steps.

        Raises:
            UnknownNameError: The store holds no such episode; the error names the nearest.
        """
        return self._heads([self.number(episode_id)])[0]

    def number(self, episode_id: str) -> int:
        """Place of an episode in the store, from 1.

        Raises:
            UnknownNameError: The store holds no such episode; the error names the nearest.
        """
        found = self.query("SELECT number FROM episodes WHERE id = ?", (pack_text(episode_id),))
        if not found:
            raise UnknownNameError("episode", episode_id, allowed=[*self.ids_like(episode_id[:2]), *self.ids_like("")])
        return int(found[0][0])

    def ids_like(self, beginning: str) -> list[str]:
        """Ids that begin so, and the id itself; a few thousand at most, the newest where all would fit."""
        if not beginning:
            found = self.query(f"SELECT id FROM episodes ORDER BY number DESC LIMIT {NEAR}")
        else:
            found = self.query(
                f"SELECT id FROM episodes WHERE id BETWEEN ? AND ? LIMIT {NEAR}",
                (pack_text(beginning), pack_text(beginning + "\U0010ffff")),
            )
        return [unpack_text(row[0]) for row in found]

    def ids(self) -> list[str]:
        """Ids of all episodes, oldest first."""
        return [unpack_text(row[0]) for row in self.query("SELECT id FROM episodes ORDER BY number")]

    def episode(self, episode_id: str) -> Episode:
        """One episode with its steps.

        Raises:
            UnknownNameError: The store holds no such episode; the error names the nearest.
            DamagedFileError: One of its rows was changed or lost since it was written.
        """
        return self._whole([self.head(episode_id)])[0]

    def whole_episodes(self, *, order: Order = "oldest", limit: int | None = None, **filters: Any) -> Iterator[Episode]:
        """Episodes with their steps, one after another; the filters of ``episodes``."""
        numbers = self._numbers(order, limit, 0, None, filters)
        for start in range(0, len(numbers), WHOLE_AT_ONCE):
            yield from self._whole(self._heads(numbers[start : start + WHOLE_AT_ONCE]))

    def _whole(self, heads: Sequence[Head]) -> list[Episode]:
        with self._looking():
            steps = read_steps(self._rows, heads)
        return [replace(head.episode, steps=own) for head, own in zip(heads, steps, strict=True)]

    def search(self, query: str, *, limit: int = 50, offset: int = 0, **filters: Any) -> list[Hit]:
        """Places where every word of a query occurs; ``search.py`` says what a query is.

        Args:
            query: What a person wrote.
            limit: How many places at most.
            offset: How many to leave out.
            **filters: Those of ``episodes``.

        Raises:
            ConfigError: The query asks for nothing, or an unknown ``status``.
        """
        where, values = conditions(self.live_session(), **filters)
        if not self.query(f"SELECT 1 FROM {SOURCE} WHERE {where} LIMIT 1", values):
            parse(query)
            return []
        return search(self.query, query, where=where, values=values, limit=int(limit), offset=int(offset))

    def facets(self, **filters: Any) -> dict[str, Counter[Any]]:
        """How many episodes there are by each of ``FACETS``: task, split, how they ended and so on.

        Args:
            **filters: Those of ``episodes``; only episodes that match are counted.
        """
        live = self.live_session()
        where, values = conditions(live, **filters)
        counted: dict[str, Counter[Any]] = {}
        for name, column in (FACETS | {"status": status_of(live)}).items():
            # The table is read through: by an index, in the order of its column, every row would be a jump.
            found = self.query(f"SELECT {column}, count(*) FROM {SCAN} WHERE {where} GROUP BY 1", values)
            counted[name] = Counter(
                {bool(value) if name == "success" else _plain(value): n for value, n in found if value is not None}
            )
        return counted

    def frame(self, sha256: str) -> Frame | None:
        """A stored image, or ``None`` where a step names one that was not recorded.

        Raises:
            DamagedFileError: Its bytes changed since they were written.
        """
        found = self.query("SELECT png, width_px, height_px FROM frames WHERE sha256 = ?", (sha256,))
        if not found:
            return None
        png, width_px, height_px = found[0]
        if hashlib.sha256(png).hexdigest() != sha256:
            raise damaged(self.path, f"frame {sha256[:12]} does not match its hash")
        return Frame(png=png, sha256=sha256, width_px=width_px, height_px=height_px)

    def counts(self) -> dict[str, int]:
        """Rows by table."""
        tables = ("sessions", "episodes", "steps", "ends", "texts", "elements", "frames")
        return {table: int(self.query(f"SELECT count(*) FROM {table}")[0][0]) for table in tables}

    def close(self) -> None:
        """Close the view; a second call does nothing."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        """Return the reader itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the view."""
        self.close()
