"""From credited groups to the rows of an update, each of which knows the step it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.advantages.columns import shared_steps
from clickwright.rl.batching import Row
from clickwright.trajectories.records import Episode, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """A row and where it came from.

    Attributes:
        row: The row.
        episode: The episode it is of.
        t: Place of its step in the episode.
        place: Entry of its step in ``Advantages.total``; -1 where nothing was credited.
    """

    row: Row
    episode: Episode
    t: int
    place: int = -1

    @property
    def step(self) -> Step:
        """The step it is of."""
        return self.episode.steps[self.t]


def traced_rows(groups: Sequence[Group], credit: Advantages, *, version: int | None = None) -> list[Traced]:
    """The trained steps of groups as rows, with their advantages.

    The steps that a branch shares with the episode it left are that episode's alone.

    Args:
        groups: The groups.
        credit: One value per step of them.
        version: Of the weights that acted last, which the age of a row is counted from; without one, all rows are new.
    """
    rows = []
    per_token = None if credit.per_token is None else credit.per_token.tolist()
    total = credit.total.tolist()
    first_token = num_episodes = place = 0
    for number, group in enumerate(groups):
        for episode in group.episodes:
            shared = shared_steps(group, episode)
            for t, step in enumerate(episode.steps):
                end = first_token + len(step.completion_ids)
                if step.trainable and t >= shared:
                    row = Row(
                        prompt_ids=tuple(step.prompt_ids),
                        completion_ids=tuple(step.completion_ids),
                        old_logprobs=tuple(step.logprobs),
                        advantage=total[place],
                        advantages=() if per_token is None else tuple(per_token[first_token:end]),
                        group=number,
                        episode=num_episodes,
                        score=episode.score,
                        success=episode.success,
                        age=0 if version is None else max(0, version - step.policy_version),
                    )
                    rows.append(Traced(row=row, episode=episode, t=t, place=place))
                first_token = end
                place += 1
            num_episodes += 1
    return rows


def rows_of(groups: Sequence[Group], credit: Advantages, *, version: int | None = None) -> list[Row]:
    """The rows of ``traced_rows`` alone."""
    return [traced.row for traced in traced_rows(groups, credit, version=version)]
