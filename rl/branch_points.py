"""Where new tries leave old ones, and where they may: at the start of a policy's turn."""

from __future__ import annotations

from dataclasses import dataclass

from clickwright.trajectories.records import Branch, BranchKind, Episode


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchPoint:
    """A step to go back to.

    Attributes:
        episode: The episode to leave; of this iteration, and ended.
        t: The first step that is done otherwise.
        kind: Why.
    """

    episode: Episode
    t: int
    kind: BranchKind = BranchKind.ARPO

    @property
    def branch(self) -> Branch:
        """What the new episode's record says of it."""
        return Branch(episode_id=self.episode.id, t=self.t, kind=self.kind)


def continues_turn(episode: Episode, t: int) -> bool:
    """Whether step ``t`` is a later action of the answer that step ``t - 1`` began.

    Its prompt is then what the policy had read and said there.
    """
    step = episode.steps[t]
    if t == 0 or not step.prompt_ids:
        return False
    before = episode.steps[t - 1]
    return bool(before.completion_ids) and step.prompt_ids == before.prompt_ids + before.completion_ids


def decisions(episode: Episode) -> list[int]:
    """The steps at which a policy was asked: those at which an episode may be left.

    Example:
        >>> from clickwright.trajectories.records import Step
        >>> shown = Step(t=0, state_key="a")
        >>> said = Step(t=1, state_key="b", prompt_ids=(1,), completion_ids=(2,), logprobs=(-0.1,))
        >>> decisions(Episode(id="e", env_id="e", task="t", seed=0, goal="g", steps=(shown, said)))
        [1]
    """
    return [t for t, step in enumerate(episode.steps) if step.trainable and not continues_turn(episode, t)]
