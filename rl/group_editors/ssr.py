"""SSR, selective sample replay: what a batch lacks in groups that differ is filled with past ones.

    P(group) ~ sum over its members of (|A_i|**alpha + 1e-4),   A_i = score_i - mean of its group

The original draws single samples with ``P(i) ~ |A_i| + 1e-4`` and trains them with the advantage they once got. Here an
episode is credited against its group, so a drawn sample brings its whole group: a group's chance is the sum of the
chances of its members. A group comes at most once per batch, and the current one is not among the past ones.

Every group that was just rolled out is handed on. Below ``fill`` times the groups of an iteration that differ, past
groups are added; they are remembered by the ids of their episodes and read out of the run's store. They were sampled by
older weights, at most ``max_age`` versions ago: their steps have ``policy_version`` and behaviour log-probabilities for
whatever corrects that.

Source: Wang et al., VL-Rethinker (arXiv 2504.08837), selective sample replay; ``active_sampling`` in its
``openrlhf/trainer/ppo_utils/replay_buffer.py``, whose perfect samples, drawn with probability 0, are left out here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.columns import Floats
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.moment import Memory, Moment
from clickwright.rl.sections import Positive
from clickwright.trajectories.reader import StoreReader

FLOOR = 1e-4
"""Added to every |A|: what differs little is drawn seldom, not never."""


class Past(BaseModel):
    """A group that can be learnt from again.

    Attributes:
        id: Of the group.
        task: Its task.
        seed: Its seed.
        version: Of the weights that acted.
        weight: What its chance is proportional to.
        episodes: Ids of its members.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    task: str
    seed: int
    version: int
    weight: float
    episodes: tuple[str, ...]


@GROUP_EDITORS.register("ssr")
class Ssr(Memory):
    """Fills a batch up with past groups, those of large advantages first of all."""

    class Options(registry.Options):
        """Settings of ``ssr``.

        Attributes:
            fill: Share of an iteration's groups that shall differ, past ones included.
            capacity: Groups remembered, the newest.
            alpha: How strongly large advantages are preferred; 0 draws evenly from members.
            max_age: Versions of the weights after which a group is no longer used.
        """

        fill: Annotated[float, Field(gt=0.0, le=1.0)] = 0.5
        capacity: Positive = 64
        alpha: Annotated[float, Field(ge=0.0, le=4.0)] = 1.0
        max_age: Positive = 8

    def __init__(self, options: Options) -> None:
        self.options = options
        self._past: list[Past] = []
        self._metrics: dict[str, float] = {}

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups, and past ones where too few of them differ."""
        moment = situation.moment
        self._past = [one for one in self._past if moment.version - one.version <= self.options.max_age]
        useful = [group for group in groups if group.differs]
        missing = math.ceil(self.options.fill * moment.num_groups) - len(useful)
        drawn = self._draw(missing, moment)
        replayed = []
        if drawn:
            with StoreReader(situation.run_dir) as reader:
                replayed = [read_group(one, reader) for one in drawn]
        self._remember(useful, moment)
        ages = [moment.version - one.version for one in drawn]
        self._metrics = {
            "ssr/replayed": float(len(drawn)),
            "ssr/replayed_share": len(drawn) / max(len(useful) + len(drawn), 1),
            "ssr/age": float(np.mean(ages)) if ages else 0.0,
            "ssr/remembered": float(len(self._past)),
        }
        return [*groups, *replayed]

    def state(self) -> dict[str, Any]:
        """Which groups are remembered, by the ids of their episodes."""
        return {"past": [one.model_dump(mode="json") for one in self._past]}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self._past = [Past.model_validate(one) for one in state.get("past", ())]

    def metrics(self) -> dict[str, float]:
        """How many groups were replayed, their share and mean age in versions, and how many are remembered."""
        return self._metrics

    def _draw(self, count: int, moment: Moment) -> list[Past]:
        if count <= 0 or not self._past:
            return []
        weights = np.asarray([one.weight for one in self._past])
        size = min(count, len(self._past))
        places = moment.rng("ssr").choice(len(self._past), size=size, replace=False, p=weights / weights.sum())
        return [self._past[place] for place in places.tolist()]

    def _remember(self, groups: Sequence[Group], moment: Moment) -> None:
        for group in groups:
            scores = np.asarray(group.scores, dtype=np.float64)
            if not np.isfinite(scores).all():
                raise ValueError(f"group {group.id} has the scores {group.scores}: one is not finite")
            weight = float(weights_of(scores - scores.mean(), self.options.alpha).sum())
            past = Past(
                id=group.id,
                task=group.task,
                seed=group.seed,
                version=moment.version,
                weight=weight,
                episodes=tuple(episode.id for episode in group.episodes),
            )
            self._past.append(past)
        del self._past[: -self.options.capacity]


def weights_of(advantages: Floats, alpha: float, floor: float = FLOOR) -> Floats:
    """What the chance of each member is proportional to.

    Example:
        >>> found = weights_of(np.array([0.875] + [-0.125] * 7), 1.0)
        >>> (found / found.sum()).round(6).tolist()[:2]
        [0.499829, 0.071453]
    """
    return np.abs(advantages) ** alpha + floor


def read_group(past: Past, reader: StoreReader) -> Group:
    """A past group as it was, out of the run's store.

    Raises:
        UnknownNameError: The store has lost an episode.
    """
    return Group(id=past.id, task=past.task, seed=past.seed, episodes=tuple(map(reader.episode, past.episodes)))
