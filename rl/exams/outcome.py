"""What one evaluation episode came to, in the numbers that everything else is computed from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from clickwright.agents.codecs.base import Codec
from clickwright.rl.exams.consistency import thoughts_in
from clickwright.trajectories.records import Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One episode, counted.

    Example:
        >>> one = Outcome(episode="e", env_id="x/f.a-v0", seed=3, success=True, num_steps=2)
        >>> one.counts, one.refused
        (True, False)

    Attributes:
        episode: Its id in the store, where it can be opened.
        env_id: Its task.
        seed: Its seed.
        attempt: Which try at that seed.
        counts: Whether it ended without a fault of our machinery.
        success: Whether the goal was met.
        score: Its return, penalties included.
        num_steps: Actions, those that were none included.
        num_tokens: Tokens the policy wrote; 0 for a script.
        num_invalid: Steps whose action could not be performed.
        refused: Whether the agent ended it with the status ``infeasible``.
        solved: Whether the task was solved, a rule kept or not; the same as ``success`` where there is no rule.
        violations: How often the rule was broken.
        num_thoughts: Steps with a thought and something it could name.
        num_named: Those among them whose thought names what the step acted on.
    """

    episode: str
    env_id: str
    seed: int
    attempt: int = 0
    counts: bool = True
    success: bool = False
    score: float = 0.0
    num_steps: int = 0
    num_tokens: int = 0
    num_invalid: int = 0
    refused: bool = False
    solved: bool = False
    violations: int = 0
    num_thoughts: int = 0
    num_named: int = 0

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Outcome:
        """What ``as_json`` wrote."""
        return cls(**data)


def outcome_of(episode: Episode, *, attempt: int = 0, codec: Codec | None = None) -> Outcome:
    """Count an episode.

    Args:
        episode: A finished one.
        attempt: Which try at its seed it is.
        codec: The language it was said in, to find its thoughts; ``None`` for a script.
    """
    steps = episode.steps
    last = steps[-1].action if steps else {}
    judged = next((step.reward_parts for step in reversed(steps) if "violations" in step.reward_parts), {})
    thoughts = [] if codec is None else thoughts_in(episode, codec)
    return Outcome(
        episode=episode.id,
        env_id=episode.env_id,
        seed=episode.seed,
        attempt=attempt,
        counts=episode.trainable,
        success=episode.success,
        score=episode.score,
        num_steps=len(steps),
        num_tokens=sum(len(step.completion_ids) for step in steps),
        num_invalid=sum(not step.action_valid for step in steps),
        refused=last.get("kind") == "finish" and last.get("status") == "infeasible",
        solved=bool(judged.get("solved", episode.success)),
        violations=int(judged.get("violations", 0)),
        num_thoughts=len(thoughts),
        num_named=sum(thoughts),
    )
