"""SPO: episodes are cut into segments, and more is tried from every cut, so that its value can be measured.

    a token is unsure                where the policy gave it less than ``unsure_below``
    a cut stands before decision t   where at least ``interval`` unsure tokens were sampled since the cut before it
    V(cut)                           by estimator ``spo``: mean of the episode itself and ``branches`` more tries

For agents a segment ends where a turn does. The tries that measure a value are learnt from as well, each from its cut
on, and the steps before a cut once, with the episode they belong to. Each cut costs ``branches`` more tries and the
steps that lead there, so ``most_cuts`` and ``members`` bound what a group costs.

Source: Guo et al., "Segment Policy Optimization" (arXiv 2505.23564); AIFrameResearch/SPO (0.9, every 5th).
Unchecked: that cuts move to the next turn, and that chains learn from the tries that measure values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import log
from typing import Annotated

from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.branch_points import BranchPoint, decisions
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.moment import Memory
from clickwright.trajectories.records import BranchKind, Episode


def cuts(episode: Episode, *, unsure_below: float, interval: int) -> list[int]:
    """The decisions before which an episode is cut."""
    found, num_unsure = list[int](), 0
    asked = decisions(episode)
    for t in range(asked[0] if asked else 0, len(episode.steps)):
        if num_unsure >= interval and t in asked:
            found.append(t)
            num_unsure = 0
        if episode.steps[t].trainable:
            num_unsure += sum(logprob < log(unsure_below) for logprob in episode.steps[t].logprobs)
    return found


@GROUP_EDITORS.register("spo")
class SegmentBranching(Memory):
    """More tries from cuts in episodes, which estimator ``spo`` reads values off."""

    branches = True
    """Whether episodes branch."""

    class Options(registry.Options):
        """Settings.

        Attributes:
            branches: Tries from every cut, beside the episode that was cut.
            interval: Unsure tokens of a segment.
            unsure_below: Probability under which a token is unsure.
            most_cuts: Cuts of one episode, the first ones.
            members: Members of a group that are cut, the first ones; 0 for all.
        """

        branches: Annotated[int, Field(ge=1)] = 2
        interval: Annotated[int, Field(ge=1)] = 5
        unsure_below: Annotated[float, Field(gt=0.0, le=1.0)] = 0.9
        most_cuts: Annotated[int, Field(ge=1)] = 4
        members: Annotated[int, Field(ge=0)] = 0

    def __init__(self, options: Options) -> None:
        self.options = options
        self._metrics: dict[str, float] = {}

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups with the tries from their cuts."""
        options = self.options
        found = [
            (episode, t)
            for group in groups
            for episode in group.episodes[: options.members or None]
            for t in cuts(episode, unsure_below=options.unsure_below, interval=options.interval)[: options.most_cuts]
        ]
        points = [
            BranchPoint(episode=episode, t=t, kind=BranchKind.VALUE)
            for episode, t in found
            for _ in range(options.branches)
        ]
        more: dict[str, list[Episode]] = {group.id: [] for group in groups}
        for branch in situation.branch(points) if points else []:
            more[branch.group_id].append(branch)
        self._metrics = {"branch/cuts": len(found), "branch/num": sum(map(len, more.values()))}
        return [replace(group, episodes=(*group.episodes, *more[group.id])) for group in groups]

    def metrics(self) -> Mapping[str, float]:
        """Cuts, and the tries from there."""
        return self._metrics
