"""What people do without a store: the episodes of ``benchmarks.store_load`` as one JSON file each, read anew."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILES_PER_FOLDER = 1000


def json_file(folder: Path, number: int) -> Path:
    """Where an episode lies as JSON."""
    return folder / "json" / f"{number // FILES_PER_FOLDER:04}" / f"e{number:06}.json"


@dataclass(frozen=True, slots=True)
class JsonFiles:
    """The files of a run, and what is asked of them.

    Attributes:
        folder: What ``store_load.build`` wrote.
        count: How many episodes.
        page: How many a list shows.
    """

    folder: Path
    count: int
    page: int

    def episode(self, number: int) -> dict[str, Any]:
        """One episode."""
        found: dict[str, Any] = json.loads(json_file(self.folder, number).read_text("utf-8"))
        return found

    def newest(self) -> list[tuple[str, float]]:
        """The last files: their names are numbers, so that only these are read."""
        every = (self.episode(number) for number in range(self.count - 1, max(-1, self.count - 1 - self.page), -1))
        return [(one["id"], sum(step["reward"] for step in one["steps"])) for one in every]

    def best(self) -> list[tuple[float, str]]:
        """The episodes with the highest scores."""
        every = (self.episode(number) for number in range(self.count))
        scores = ((sum(step["reward"] for step in one["steps"]), one["id"]) for one in every)
        return sorted(scores, reverse=True)[: self.page]

    def facets(self) -> Counter[tuple[str, str, bool]]:
        """How many episodes there are of each task, split and outcome."""
        every = (self.episode(number) for number in range(self.count))
        return Counter((one["task"], one["split"], one["success"]) for one in every)

    def search(self, word: str) -> list[str]:
        """A page of the episodes in whose file a word stands, newest first."""
        backwards = range(self.count - 1, -1, -1)
        found = (number for number in backwards if word in json_file(self.folder, number).read_text("utf-8"))
        return [f"e{number:06}" for number, _ in zip(found, range(self.page), strict=False)]
