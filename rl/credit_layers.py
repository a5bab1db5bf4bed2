"""What training made of steps, kept as layers: rewards it used and advantages it gave.

A layer's value is never replaced. What was rolled out in this iteration has none yet and goes into ``advantage@1``. A
replayed episode may have been credited before, and may be again: its credit of this iteration goes into
``advantage.replayed``, of which every iteration writes a version of its own, its number from 1. A session that takes a
run up does iterations again that the last one did, so the name carries the session (``advantage.replayed.r1``).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

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
    replayed = [not one for one in fresh]
    for name, values in {"advantage": credit.total, **credit.parts}.items():
        layer = name if name == "advantage" else f"advantage.{name}"
        rows = [(episode, t, float(value)) for (episode, t), value in zip(places, values, strict=True)]
        layers.put(layer, 1, producer=producer, values=compress(rows, fresh))
        if any(replayed):
            again = f"{layer}.{REPLAYED}{session}"
            layers.put(again, iteration + 1, producer=producer, values=compress(rows, replayed))
