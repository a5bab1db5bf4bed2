"""The contract of a group editor: groups in, groups out, with the means to roll out more."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from clickwright.rl.advantages import Group
from clickwright.rl.branch_points import BranchPoint
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.registry import Registry
from clickwright.trajectories.records import Episode, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a group editor may use; what is not given does nothing, so that an editor can be tried without a run.

    Attributes:
        moment: Where the training stands.
        run_dir: The run, whose store holds every episode rolled out so far.
        roll_out: Rolls groups out now, with the weights and guides of this iteration; what it returns has no faults.
        plan: So many further groups as the run's sampler chooses them; each call draws anew.
        say: Tells the person who watches the run.
        branch: Leaves episodes of this iteration at a step and goes on from there, as ``roll_out`` does; what came to
            nothing is left out, and the others say by ``Episode.parent`` what they left. The first ``t`` steps of each
            are those of its parent, and are learnt from once.
        vocabulary: Tokens that the policy knows.
        entropies: Entropy of the policy at each completion token of some steps, in nats, by one forward pass.
        sampled_by: What samples in this run: its model's shape and its tokenizer; see ``policy_identity``.
        is_ours: Whether a step's tokens are those of this run's tokenizer.
    """

    moment: Moment
    run_dir: Path
    roll_out: Callable[[Sequence[GroupPlan]], list[Group]]
    plan: Callable[[int], list[GroupPlan]] = field(default=lambda num_groups: [])
    say: Callable[[str], None] = field(default=lambda text: None)
    branch: Callable[[Sequence[BranchPoint]], list[Episode]] = field(default=lambda points: [])
    vocabulary: int = 0
    entropies: Callable[[Sequence[Step]], list[tuple[float, ...]]] = field(default=lambda steps: [])
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
