"""Whether a step was right: what people said, the sign of its advantage, or how its episode ended."""

from __future__ import annotations

from enum import StrEnum

from clickwright.errors import ConfigError
from clickwright.trajectories.exports.source import Source
from clickwright.trajectories.records import Episode, Step


class Evidence(StrEnum):
    """What decides."""

    HUMAN = "human"
    ADVANTAGE = "advantage"
    SUCCESS = "success"


def choose(asked: str | None, source: Source) -> Evidence:
    """The evidence asked for; where none is, the strongest that the run has.

    Raises:
        ConfigError: There is no such evidence.
    """
    if asked is not None:
        if asked not in tuple(Evidence):
            raise ConfigError(f"unknown evidence {asked!r}: one of {', '.join(Evidence)}")
        return Evidence(asked)
    if source.people.labels:
        return Evidence.HUMAN
    name = source.selection.advantage_layer.partition("@")[0]
    return Evidence.ADVANTAGE if source.has_layer(name) else Evidence.SUCCESS


def judge(evidence: Evidence, source: Source, episode: Episode, step: Step) -> bool | None:
    """Whether a step was right; ``None`` where the evidence says nothing, or an advantage is 0."""
    if evidence is Evidence.HUMAN:
        return source.people.verdict(episode.id, step.t)
    if evidence is Evidence.SUCCESS:
        return episode.success
    value = source.values(source.selection.advantage_layer).get((episode.id, step.t))
    return value > 0 if isinstance(value, float) and value != 0 else None
