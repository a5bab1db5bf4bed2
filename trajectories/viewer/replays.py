"""What replaying an episode came to: its newest verdict, every difference, and the picture of the first."""

from __future__ import annotations

import json
import re
import threading
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clickwright.errors import DamagedFileError, UnknownNameError
from clickwright.trajectories.replay.report import FOLDER, REPORT
from clickwright.trajectories.replay.verdicts import EpisodeReplay

PICTURE_NAME = re.compile(r"[A-Za-z0-9._-]+-t(\d{3,})\.png")
PNG = b"\x89PNG\r\n\x1a\n"
MAX_PICTURE_BYTES = 64 * 1024 * 1024


class Replays:
    """The reports of a run's replays; its methods may be called from any thread.

    Args:
        run: Folder of the run.
    """

    def __init__(self, run: Path) -> None:
        self._folder = run / FOLDER
        self._lock = threading.Lock()
        self._lines: dict[Path, tuple[tuple[int, int], dict[str, int]]] = {}

    def newest(self, episode_id: str) -> tuple[Path, EpisodeReplay] | None:
        """The folder and the line of the newest report that speaks of an episode.

        Raises:
            DamagedFileError: The report cannot be read.
        """
        for folder in self._versions():
            path = folder / REPORT
            place = self._places(path).get(episode_id)
            if place is not None:
                return folder, _read(path, place)
        return None

    def _versions(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = [entry for entry in self._folder.iterdir() if entry.name.isdecimal() and (entry / REPORT).is_file()]
        return sorted(found, key=lambda entry: int(entry.name), reverse=True)

    def _places(self, path: Path) -> dict[str, int]:
        """Where in a report each episode's line begins, in bytes."""
        about = path.stat()
        stamp = (about.st_mtime_ns, about.st_size)
        with self._lock:
            if self._lines.get(path, (None,))[0] != stamp:
                self._lines[path] = (stamp, _index(path))
            return self._lines[path][1]


def _index(path: Path) -> dict[str, int]:
    places: dict[str, int] = {}
    begin = 0
    with path.open("rb") as file:
        for line in file:
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict) and isinstance(row.get("episode"), str):
                places[row["episode"]] = begin
            begin += len(line)
    return places


def _read(path: Path, place: int) -> EpisodeReplay:
    with path.open("rb") as file:
        file.seek(place)
        line = file.readline()
    try:
        return EpisodeReplay.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        raise DamagedFileError(
            f"{path.name} of replay {path.parent.name} cannot be read ({first['msg']}): "
            "replay the episode again (`clickwright traj replay`)"
        ) from None


def replay_json(replays: Replays, episode_id: str) -> dict[str, Any]:
    """The newest verdict on an episode; ``replay`` is ``None`` where it was never replayed.

    Raises:
        DamagedFileError: The report cannot be read.
    """
    found = replays.newest(episode_id)
    if found is None:
        return {"replay": None}
    folder, replay = found
    shown = PICTURE_NAME.fullmatch(replay.picture)
    told = replay.model_dump(mode="json", include={"verdict", "t", "level", "detail", "pixels", "notes"})
    rows = {str(t): [each.model_dump(mode="json") for each in row] for t, row in replay.rows.items()}
    return {
        "replay": told
        | {
            "rows": rows,
            "version": int(folder.name),
            "picture_t": int(shown[1]) if shown and (folder / replay.picture).is_file() else None,
        }
    }


def replay_picture(replays: Replays, episode_id: str) -> bytes:
    """The picture of the first difference, as PNG: recorded, found, difference.

    Raises:
        UnknownNameError: There is none.
        DamagedFileError: The report, or the picture, cannot be read.
    """
    found = replays.newest(episode_id)
    if found is None or not PICTURE_NAME.fullmatch(found[1].picture):
        raise UnknownNameError("picture of a replay", episode_id, allowed=())
    path = found[0] / found[1].picture
    if not path.is_file():
        raise UnknownNameError("picture of a replay", path.name, allowed=())
    with path.open("rb") as file:
        body = file.read(MAX_PICTURE_BYTES)
    if not body.startswith(PNG):
        raise DamagedFileError(f"{path.name} is no PNG: replay the episode again (`clickwright traj replay`)")
    return body
