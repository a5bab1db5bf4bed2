"""Let a scorer go over groups of episodes, and keep what it says as layers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from clickwright.envs.surface import Frame
from clickwright.rl.rewards.provenance import producer_of
from clickwright.rl.rewards.scorers.base import Scope, Scorer, Subject
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.records import Episode

Places = tuple[str, int | None]
T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Scored:
    """What a scorer said.

    Attributes:
        values: The numbers, by episode and step.
        parts: Other numbers beside them, by name.
        said: How the judge put it.
        trouble: Why there is no number.
    """

    values: dict[Places, float] = field(default_factory=dict)
    parts: dict[str, dict[Places, float]] = field(default_factory=lambda: defaultdict(dict))
    said: dict[Places, str] = field(default_factory=dict)
    trouble: dict[Places, str] = field(default_factory=dict)

    def reasons(self) -> Counter[str]:
        """How often what could not be scored had which reason."""
        return Counter(self.trouble.values())

    def of(self, episodes: Container[str]) -> Scored:
        """What was said of some episodes, by their ids."""

        def own(values: Mapping[Places, T]) -> dict[Places, T]:
            return {place: value for place, value in values.items() if place[0] in episodes}

        parts = {name: own(values) for name, values in self.parts.items()}
        return Scored(values=own(self.values), parts=parts, said=own(self.said), trouble=own(self.trouble))

    def layers(self, name: str) -> dict[str, Mapping[Places, float | str]]:
        """The layers to write: the numbers, what stands beside them, what was said, and what has no number and why."""
        beside: dict[str, Mapping[Places, Any]] = {f"{name}.{part}": values for part, values in self.parts.items()}
        found = {name: self.values, **beside, f"{name}.said": self.said, f"{name}.invalid": self.trouble}
        return {layer: values for layer, values in found.items() if values}


def same_start(episodes: Iterable[Episode]) -> list[list[Episode]]:
    """Episodes by group; those of no group go with the others that began in the same state with the same goal."""
    groups: dict[tuple[str, ...], list[Episode]] = defaultdict(list)
    for episode in episodes:
        start = episode.steps[0].state_digest or episode.steps[0].state_key if episode.steps else ""
        alone = () if start else (episode.id,)
        key = (episode.group_id,) if episode.group_id else (episode.env_id, episode.goal, start, *alone)
        groups[key].append(episode)
    return list(groups.values())


def score_groups(
    scorer: Scorer, groups: Iterable[Sequence[Episode]], *, frame: Callable[[str], Frame | None]
) -> Scored:
    """Score every step or episode of groups.

    Args:
        scorer: Who scores.
        groups: The members of each that ended without a fault.
        frame: Finds an image by its hash.
    """
    result = Scored()
    subjects: list[Subject] = []
    for group in groups:
        members = tuple(group)
        for episode in members:
            places: list[int | None] = [None] if scorer.scope is Scope.EPISODE else [step.t for step in episode.steps]
            subjects += [Subject(episode=episode, t=t, group=members, frame=frame) for t in places]
    for subject, score in zip(subjects, scorer.score(subjects), strict=True):
        place = (subject.episode.id, subject.t)
        if score.said:
            result.said[place] = score.said
        if not score.valid:
            result.trouble[place] = score.trouble
            continue
        result.values[place] = score.value
        for part, number in score.parts.items():
            result.parts[part][place] = number
    return result


def keep(layers: Layers, name: str, version: int, scorer: Scorer, scored: Scored) -> int:
    """Write what was said as layers ``name@version``, ``name.said@version`` and so on; returns how many numbers."""
    producer = producer_of(scorer)
    for layer, values in scored.layers(name).items():
        rows = [(episode, t, value) for (episode, t), value in values.items()]
        layers.put(layer, version, producer=producer, values=rows)
    return len(scored.values)
