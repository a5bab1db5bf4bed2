"""What training made of steps, kept as layers: the advantages it gave.

A layer's value is never replaced. What was rolled out in this iteration has none yet and goes into ``advantage@1``. A
replayed episode may have been credited before, and may be again: its credit of this iteration goes into
``advantage.replayed``, of which every iteration writes a version of its own, its number from 1. A session that takes a
run up does iterations again that the last one did, so the name carries the session (``advantage.replayed.r1``). Of an
episode that is in several groups of an iteration, the second credit goes into ``advantage.replayed.2``, and so on.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages
from clickwright.trajectories.layers import Layers

REPLAYED = "replayed"


def record_credit(
    layers: Layers, groups: Sequence[Group], credit: Advantages, *, producer: str, iteration: int, session: str = ""
) -> None:
    """Keep the advantages of every step, and their parts.

    Args:
        layers: Of the run.
        groups: What was credited.
        credit: With what, one value per step.
        producer: The estimator with its settings.
        iteration: The one that did it.
        session: What the ids of this session's episodes carry.

    Raises:
        ConfigError: A step of this iteration has been credited before.
    """
    members = [episode for group in groups for episode in group.episodes]
    places = [(episode.id, step.t) for episode in members for step in episode.steps]
    fresh = [episode.iteration == iteration for episode in members for _ in episode.steps]
    editions = _editions(places, fresh)
    for name, values in {"advantage": credit.total, **credit.parts}.items():
        layer = name if name == "advantage" else f"advantage.{name}"
        rows: dict[int, list[tuple[str, int, float]]] = defaultdict(list)
        for (episode_id, t), value, edition in zip(places, values, editions, strict=True):
            rows[edition].append((episode_id, t, float(value)))
        layers.put(layer, 1, producer=producer, values=rows.pop(0, []))
        for edition, found in sorted(rows.items()):
            again = f"{layer}.{REPLAYED}{session}" + (f".{edition}" if edition > 1 else "")
            layers.put(again, iteration + 1, producer=producer, values=found)


def _editions(places: Sequence[tuple[str, int]], fresh: Sequence[bool]) -> list[int]:
    """For each place 0 where it is new, else how many times it has been replayed in this iteration, from 1."""
    seen: Counter[tuple[str, int]] = Counter()
    result = []
    for place, new in zip(places, fresh, strict=True):
        seen[place] += 1
        result.append(seen[place] - new)
    return result
