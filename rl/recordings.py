"""A recorded run as a source of training: its usable episodes, and the layers that speak about them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from clickwright.errors import ConfigError, DamagedFileError, UnknownNameError
from clickwright.rl.rewards.gate import find_layer
from clickwright.trajectories.exports.pairs import By
from clickwright.trajectories.exports.people import People
from clickwright.trajectories.layer_parts import Place, Value
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode


class Recordings:
    """The episodes of a run that a trainer may use.

    Args:
        run: Folder of the run.
        tasks: Environment ids whose episodes are used.
        splits: Splits whose episodes are used.

    Raises:
        UnknownNameError: No such run.
    """

    def __init__(self, run: str, *, tasks: Collection[str], splits: Sequence[str]) -> None:
        self.run, self.tasks, self.splits = run, frozenset(tasks), tuple(splits)
        self.layers = Layers(run)
        self.used: dict[str, str] = {}
        StoreReader(run).close()

    def __iter__(self) -> Iterator[Episode]:
        """Finished episodes without a fault, by id: what is learnt does not depend on which try began first."""
        with StoreReader(self.run) as reader:
            for split in dict.fromkeys(self.splits):
                for episode in reader.whole_episodes(order="id", split=split):
                    if episode.trainable and episode.env_id in self.tasks:
                        yield episode

    def read(self, name: str, *, needed: bool = True) -> dict[Place, Value]:
        """The values of a layer, ``name`` or ``name@version``; its version is noted in ``used``.

        Args:
            name: The layer.
            needed: Whether it is a mistake when there is none.

        Raises:
            UnknownNameError: There is none, and it is needed.
        """
        try:
            layer = find_layer(self.run, name)
        except UnknownNameError:
            if needed:
                raise
            return {}
        self.used[layer.name] = f"{layer.name}@{layer.version}"
        return self.layers.read(layer.name, layer.version)

    def corrections(self, name: str) -> dict[tuple[str, int], dict[str, Any]]:
        """What should have been done, by step: ``{"action", "thought"}``."""
        return {(episode, t): _json(name, value, dict) for (episode, t), value in self.read(name).items()
                if t is not None}  # fmt: skip

    def people(self, by: Collection[By], *, corrections: str, preferences: str) -> People:
        """What a run's layers say of pairs.

        Args:
            by: The kinds that are read.
            corrections: Layer of corrections.
            preferences: Layer of preferences.
        """
        corrected = self.corrections(corrections) if By.CORRECTION in by else {}
        preferred = self.read(preferences) if By.PREFERENCE in by else {}
        return People.of(
            corrections=[(episode, t, value) for (episode, t), value in corrected.items()],
            preferences=[
                ((episode, t), (str(worse), int(worse_t)))
                for (episode, t), value in preferred.items() if t is not None
                for worse, worse_t in _json(preferences, value, list)
            ],
        )  # fmt: skip

    def nothing(self, why: str) -> ConfigError:
        """The error for a run that has nothing to learn from."""
        return ConfigError(
            f"{self.run} has nothing to learn from: {why} (splits {', '.join(self.splits)}; tasks of the recipe)"
        )


def _json(layer: str, value: Value, kind: type) -> Any:
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if not isinstance(found, kind):
        raise DamagedFileError(
            f"layer {layer} holds {value!r:.80}, which `clickwright traj annotations apply` never wrote"
        )
    return found
