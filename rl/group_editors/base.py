"""The contract of a group editor: groups in, groups out, with the means to roll out more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from clickwright.rl.advantages import Group
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry
from clickwright.trajectories.records import Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a group editor may use.

    Attributes:
        moment: Where the training stands.
        run_dir: The run, whose store holds every episode rolled out so far.
        roll_out: Rolls groups out now, with the weights and guides of this iteration; what it returns has no faults.
        sampled_by: What samples in this run: its model's shape and its tokenizer; see ``policy_identity``.
        is_ours: Whether a step's tokens are those of this run's tokenizer.
    """

    moment: Moment
    run_dir: Path
    roll_out: Callable[[Sequence[GroupPlan]], list[Group]]
    sampled_by: str = ""
    is_ours: Callable[[Step], bool] = field(default=lambda step: True)


class GroupEditor(Protocol):
    """Changes which episodes are learnt from; ``moment.Memory`` has the answers of one that remembers nothing."""

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups to learn from: fewer, more, or with other members."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, JSON only."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""

    def metrics(self) -> Mapping[str, float]:
        """Numbers of the last iteration worth logging."""


GROUP_EDITORS: Registry[GroupEditor] = Registry("group editor")
