"""What an episode cost."""

from __future__ import annotations

from enum import StrEnum

from clickwright.trajectories.records import Episode


class Cost(StrEnum):
    """What is counted: the episode's steps, or the tokens or words that its policy said."""

    STEPS = "steps"
    TOKENS = "tokens"
    WORDS = "words"


def cost_of(episode: Episode, cost: Cost) -> float:
    """How many an episode took.

    Example:
        >>> cost_of(Episode(id="e", env_id="e", task="t", seed=0, goal="g"), Cost.STEPS)
        0.0
    """
    match cost:
        case Cost.STEPS:
            return float(len(episode.steps))
        case Cost.TOKENS:
            return float(sum(len(step.completion_ids) for step in episode.steps))
        case Cost.WORDS:
            return float(sum(len(step.raw.split()) for step in episode.steps))
