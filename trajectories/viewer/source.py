"""What the viewer reads of a run: facts, layers, what people said, each cached while it stays the same."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.trajectories import search
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.layers import Layer, Layers
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Step
from clickwright.trajectories.viewer.replays import Replays

Decode = Callable[[Sequence[int]], Sequence[str]]
"""Token ids to one piece of text each."""
Metrics = Callable[[], Sequence[Mapping[str, Any]]]
"""The lines of a training's metrics, so far."""
Values = Mapping[tuple[str, int | None], float | str]

MAX_HITS = 20_000
"""Most places that a full-text search looks at."""


class ReadOnlyError(ConfigError):
    """Something would be written, and the viewer was started to read only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How a viewer was started.

    Attributes:
        author: Who labels, until the page says otherwise.
        read_only: Whether nothing may be labelled.
        blind: Whether outcomes, rewards and what others say are hidden from everybody.
        decode: Token ids to pieces of text; ids are shown when not given.
        metrics: Reads a training's curves.
    """

    author: str
    read_only: bool = False
    blind: bool = False
    decode: Decode | None = None
    metrics: Metrics | None = None


class Source:
    """A run, open for reading; its methods may be called from any thread.

    Two views of the store are open, so that a slow survey of all episodes does not hold up a picture.

    Args:
        run: Run directory.
        settings: How the viewer was started.

    Raises:
        UnknownNameError: There is no such run.
        DamagedFileError: Its store cannot be read.
    """

    def __init__(self, run: str | Path, settings: Settings) -> None:
        self.settings = settings
        self.reader = StoreReader(run)
        self.survey = StoreReader(run)
        self.book = AnnotationBook(run)
        self._layers = Layers(run)
        self.folder = self.reader.path.parent
        self.replays = Replays(self.folder)
        self._lock = threading.Lock()
        self._layer_values: dict[tuple[str, int, int], Values] = {}
        self._said: tuple[int, list[Annotation]] = (-1, [])

    @property
    def name(self) -> str:
        """What the run is called."""
        return self.folder.resolve().name

    def layers(self) -> list[Layer]:
        """The newest version of each layer."""
        with self._lock:
            found = self._layers.list()
        return list({layer.name: layer for layer in sorted(found, key=lambda one: one.version)}.values())

    def layer_values(self, name: str) -> Values:
        """The newest version of a layer as a whole."""
        layer = next(layer for layer in self.layers() if layer.name == name)
        key = (layer.name, layer.version, layer.num_values)
        with self._lock:
            if key not in self._layer_values:
                for old in [old for old in self._layer_values if old[0] == name]:
                    del self._layer_values[old]
                self._layer_values[key] = self._layers.read(layer.name, layer.version)
            return self._layer_values[key]

    def layers_of(self, episode: Episode) -> dict[int | None, dict[str, float | str]]:
        """By step, ``None`` for the whole: the value of every layer, under the layer's name.

        What is said of the steps before a branch is said of the episode that it left.
        """
        found: dict[int | None, dict[str, float | str]] = {}
        before, parent = None, episode.parent
        identity = episode.id
        while True:
            for layer in self.layers():
                with self._lock:
                    values = self._layers.read(layer.name, layer.version, episode_id=identity)
                for (_, t), value in values.items():
                    if before is None or (t is not None and t < before):
                        found.setdefault(t, {}).setdefault(layer.name, value)
            if parent is None:
                return found
            before, identity = parent.t if before is None else min(before, parent.t), parent.episode_id
            parent = self.reader.head(identity).episode.parent

    def layer_values_of(self, name: str, episode_id: str) -> Values:
        """The newest version of a layer about one episode; nothing where there is no such layer."""
        layer = next((layer for layer in self.layers() if layer.name == name), None)
        if layer is None:
            return {}
        with self._lock:
            return self._layers.read(name, layer.version, episode_id=episode_id)

    def step(self, episode_id: str, t: int) -> Step:
        """A step of an episode.

        Raises:
            UnknownNameError: No such episode or step.
        """
        steps = self.reader.episode(episode_id).steps
        if not 0 <= t < len(steps):
            raise UnknownNameError("step", str(t), allowed=[str(step.t) for step in steps])
        return steps[t]

    def said(self) -> list[Annotation]:
        """What counts of what people said."""
        row = self.book.last_row()
        with self._lock:
            if self._said[0] != row:
                self._said = (row, self.book.current())
            return self._said[1]

    def search(self, words: str) -> tuple[list[str], bool]:
        """Ids of the episodes in which words occur, and whether there are more than ``MAX_HITS`` places to look at.

        Raises:
            ConfigError: The words ask for nothing.
        """
        found = search.places(self.survey.query, words, where="1", values={}, limit=MAX_HITS)
        return list(dict.fromkeys(episode for episode, _ in found)), len(found) == MAX_HITS

    def refuse_when_read_only(self) -> None:
        """Stop what would write.

        Raises:
            ReadOnlyError: The viewer was started to read only.
        """
        if self.settings.read_only:
            raise ReadOnlyError("this viewer was started with --read-only: start it without, to label")

    def close(self) -> None:
        """Close all files; a second call does nothing."""
        self.reader.close()
        self.survey.close()
        self.book.close()


def as_json(value: object) -> bytes:
    """JSON that every parser takes: NaN and infinity become null, lone surrogates are escaped."""
    try:
        return json.dumps(value, allow_nan=False, separators=(",", ":")).encode()
    except ValueError:
        return json.dumps(_finite(value), allow_nan=False, separators=(",", ":")).encode()


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if abs(value) < float("inf") else None
    if isinstance(value, Mapping):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(inner) for inner in value]
    return value
