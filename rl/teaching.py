"""The say that a guide may have in what is learnt: rows read otherwise than they were sampled, and rows nobody sampled.

::

    episodes -> credit -> rows -> teach() of every guide that has it -> update
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.batching import Row
from clickwright.rl.branch_points import continues_turn
from clickwright.rl.rows import Traced
from clickwright.trajectories.records import Episode

if TYPE_CHECKING:
    import torch

    from clickwright.rl.recorded_rows import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What is known when rows are made.

    Attributes:
        groups: Everything rolled out and edited, groups that taught nothing by reward too.
        credit: What the steps were credited with; ``Traced.place`` points into it.
        writer: Writes recorded steps in the policy's tokens.
        imitates: Whether the loss has a use for demonstrations.
        logprobs_of: What the weights that acted say of the completions of rows, without a gradient.
    """

    groups: Sequence[Group]
    credit: Advantages
    writer: Writer
    imitates: bool
    logprobs_of: Callable[[Sequence[Row]], list[torch.Tensor]]

    def prompt(
        self, episode: Episode, t: int, *, goal: str | None = None, page: Callable[[str], str] = lambda page: page
    ) -> tuple[int, ...]:
        """What the policy would have read before step ``t`` of an episode, had it been shown something else.

        A later action of a turn comes after the prompt of the turn and what was said of it before.

        Args:
            episode: The episode.
            t: The step.
            goal: The goal to tell; the episode's own when not given.
            page: What to show instead of the recorded page.
        """
        start = t
        while continues_turn(episode, start):
            start -= 1
        step = episode.steps[start]
        asked = self.writer.built(episode, step, goal=episode.goal if goal is None else goal, page=page(step.text))
        said = [token for earlier in episode.steps[start:t] for token in earlier.completion_ids]
        return (*asked, *said)

    def reread(self, rows: Sequence[Row]) -> list[Row]:
        """Rows whose prompts are not those that were sampled after, with log-probabilities that belong to them.

        They are those of the weights that acted, after the new prompt: an importance ratio then starts at 1, and what
        the other prompt did to the sample is not corrected for.
        """
        return [
            replace(row, old_logprobs=tuple(logprobs.tolist()))
            for row, logprobs in zip(rows, self.logprobs_of(rows), strict=True)
        ]


@runtime_checkable
class Teacher(Protocol):
    """A guide with a say in the rows."""

    def teach(self, rows: Sequence[Traced], lesson: Lesson) -> list[Traced]:
        """The rows to learn from: some with other prompts, or more of them."""
