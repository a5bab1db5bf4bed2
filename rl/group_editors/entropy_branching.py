"""ARPO of RUC: where the policy is less sure than it was at first, more is tried from there.

    H(t)      = sum of the entropies of the first 20 tokens of decision t / ln(vocabulary)
    dH(t)     = H(t) - H(first decision of this episode)
    P(branch) = clip(branch_probability + entropy_weight * dH(t), 0, 1)

A group of ``train.group_size`` members is grown to ``size``: turn by turn over its members, every decision gets up to
``beam_size - 1`` draws while there is room, and a branch begins before the decision, in the state it was made in, so
that it can be made otherwise. Branches may branch later in turn. What is then missing begins anew, at the first
decision of a member. The steps before a branch are learnt from once, with the episode they belong to.

The entropy is exact, over the whole vocabulary, at the price of one forward pass over the decisions that are looked
at: rollouts keep the log-probabilities of sampled tokens alone. ``estimate = "surprisal"`` takes the sum of those
instead, one sample of the same quantity, which costs nothing and is noisier.

Source: Dong et al., Agentic Reinforced Policy Optimization (arXiv 2507.19849); RUC-NLPIR/ARPO
``vllm_rollout_with_tools.py`` (16 of 8, beam 2, 0.5, 0.2; there, the entropy is that of the 10 likeliest tokens, and
the first one is never forgotten between batches).
Unchecked: that a branch begins before the uncertain decision, and that each possible branch of a turn is drawn for
itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.branch_points import BranchPoint, decisions
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.moment import Memory
from clickwright.trajectories.records import BranchKind, Episode

FIRST_TOKENS = 20
"""Tokens of a decision whose entropy counts."""


def entropy(per_token: Sequence[float], vocabulary: int) -> float:
    """Entropy of the beginning of a decision, in units of the logarithm of the vocabulary.

    Example:
        >>> round(entropy([0.325083], 151_936), 6), round(entropy([0.693147], 151_936), 6)
        (0.027246, 0.058095)
    """
    return sum(per_token[:FIRST_TOKENS]) / math.log(vocabulary)


def branch_chance(gain: float, *, probability: float, weight: float) -> float:
    """Probability of a branch where the entropy has grown by ``gain``.

    Example:
        >>> round(branch_chance(0.030849, probability=0.5, weight=0.2), 6)
        0.50617
    """
    return min(1.0, max(0.0, probability + weight * gain))


@GROUP_EDITORS.register("entropy_branching")
class EntropyBranching(Memory):
    """More tries from where the policy has become unsure."""

    branches = True
    """Whether episodes branch."""

    class Options(registry.Options):
        """Settings.

        Attributes:
            size: Members that a group is grown to; more than ``train.group_size``.
            beam_size: Ways of going on from one decision, the first included.
            branch_probability: Of a branch where the entropy has not changed.
            entropy_weight: How much it grows with the entropy.
            estimate: ``exact``, or the ``surprisal`` of what was sampled.
        """

        size: Annotated[int, Field(ge=3)] = 16
        beam_size: Annotated[int, Field(ge=2)] = 2
        branch_probability: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
        entropy_weight: Annotated[float, Field(ge=0.0)] = 0.2
        estimate: Literal["exact", "surprisal"] = "exact"

    def __init__(self, options: Options) -> None:
        self.options = options
        self._metrics: dict[str, float] = {}

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups, each grown by branches; those of a round are rolled out together."""
        grown = [_Growing(number=number, members=list(group.episodes)) for number, group in enumerate(groups)]
        gains, num_branches = list[float](), 0
        while points := self._round(grown, situation, gains):
            branches = situation.branch(points)
            num_branches += len(branches)
            _add(groups, grown, branches)
        missing = [point for one in grown for point in _anew(one.members, self.options.size - len(one.members))]
        _add(groups, grown, situation.branch(missing) if missing else [])
        self._metrics = {
            "branch/num": num_branches,
            "branch/anew": len(missing),
            "branch/entropy_gain": sum(gains) / len(gains) if gains else 0.0,
        }
        return [replace(group, episodes=tuple(one.members)) for group, one in zip(groups, grown, strict=True)]

    def metrics(self) -> Mapping[str, float]:
        """Branches, new tries, and by how much entropy had grown where one was drawn for."""
        return self._metrics

    def _round(self, grown: Sequence[_Growing], situation: Situation, gains: list[float]) -> list[BranchPoint]:
        """Where the members that were not looked at are left, turn by turn."""
        points = list[BranchPoint]()
        looked = [one.unseen() if len(one.members) < self.options.size else [] for one in grown]
        entropies = self._entropies([episode for found in looked for episode, _ in found], situation)
        for one, found in zip(grown, looked, strict=True):
            room = self.options.size - len(one.members)
            for episode, t in sorted(found, key=lambda place: (place[1], place[0].member)):
                gain = entropies[episode.id, t] - entropies[episode.id, decisions(episode)[0]]
                gains.append(gain)
                wanted = self._draw(gain, situation, "entropy branching", one.number, episode.member, t)
                points += [BranchPoint(episode=episode, t=t)] * min(wanted, room)
                room -= min(wanted, room)
        return points

    def _draw(self, gain: float, situation: Situation, *names: str | int) -> int:
        """How many branches begin at a decision."""
        options = self.options
        chance = branch_chance(gain, probability=options.branch_probability, weight=options.entropy_weight)
        return int((situation.moment.rng(*names).random(options.beam_size - 1) < chance).sum())

    def _entropies(self, episodes: Sequence[Episode], situation: Situation) -> dict[tuple[str, int], float]:
        """Entropy of every decision of some episodes."""
        places = {(episode.id, t): episode.steps[t] for episode in episodes for t in decisions(episode)}
        if self.options.estimate == "exact":
            read = situation.entropies(list(places.values()))
        else:
            read = [tuple(-logprob for logprob in step.logprobs) for step in places.values()]
        found = zip(places, read, strict=True)
        return {place: entropy(per_token, situation.vocabulary) for place, per_token in found}


@dataclass(slots=True)
class _Growing:
    """A group on its way to its size.

    Attributes:
        number: Its place among the groups.
        members: Its episodes.
        num_seen: How many of them were looked at.
    """

    number: int
    members: list[Episode]
    num_seen: int = 0

    def unseen(self) -> list[tuple[Episode, int]]:
        """The later decisions of members that were not looked at; of a branch, those after the one it began with."""
        new, self.num_seen = self.members[self.num_seen :], len(self.members)
        return [
            (episode, t)
            for episode in new
            for t in decisions(episode)[1:]
            if episode.parent is None or t > episode.parent.t
        ]


def _anew(members: Sequence[Episode], num: int) -> list[BranchPoint]:
    """Tries from the first decision on, of one member after the other."""
    acted = [(episode, decisions(episode)) for episode in members]
    starts = [BranchPoint(episode=episode, t=found[0], kind=BranchKind.RETRY) for episode, found in acted if found]
    return [starts[place % len(starts)] for place in range(num)] if starts else []


def _add(groups: Sequence[Group], grown: Sequence[_Growing], branches: Sequence[Episode]) -> None:
    """Put branches into the groups of what they left."""
    numbers = {group.id: one for group, one in zip(groups, grown, strict=True)}
    for branch in branches:
        numbers[branch.group_id].members.append(branch)
