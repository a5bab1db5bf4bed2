"""ARPO's replay: a group in which all failed gets successes of the same task that are on record.

The rules and their worked numbers are in ``rl/replay.py``. What is put in competes with the group's own members: the
advantages are those of the mixed group. It is older than the weights, which ``train.off_policy`` says what to do about.
The buffer is then offered the episodes of this iteration, as they were rolled out: nothing replayed is stored again.

An episode stands in for one group per iteration: two groups would count it twice in one batch.

Source: Lu et al., ARPO (arXiv 2505.16282); dvlab-research/ARPO ``verl/trainer/ray_trainer.py`` (``apply_replay``).
Unchecked: that paper's number. The released code draws with repetition, has no age bound and no ``same_start``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
from pydantic import Field

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.replay import Offer, SuccessBuffer, Worth, all_failed, start_of, worth
from clickwright.rl.replay_slots import Slot, put_in, room
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode


@GROUP_EDITORS.register("arpo_replay")
class ArpoReplay:
    """Puts recorded successes into groups in which all failed."""

    class Options(registry.Options):
        """Settings of ``arpo_replay``.

        Attributes:
            by: What decides: ``eval``, the task's own evaluator, or ``reward``, the return with its penalties.
            max_std: A group is poor only where its members differ by less (population standard deviation).
            max_mean: A group is poor only where their mean is less.
            threshold: An episode is stored only where it is worth more.
            size: Episodes kept per task.
            k: Episodes put into a poor group, as far as there are so many.
            slot: Whose places they take: the ``first`` ones', ``random`` ones', or nobody's (``append``).
            max_age: Versions of the weights after which an episode is dropped; 0 for never.
            same_start: Whether only episodes that began in the group's own start state may be put in.
        """

        by: Worth = Worth.EVAL
        max_std: float = Field(default=0.05, gt=0.0, allow_inf_nan=False)
        max_mean: float = Field(default=0.2, allow_inf_nan=False)
        threshold: float = Field(default=0.1, allow_inf_nan=False)
        size: int = Field(default=8, ge=1)
        k: int = Field(default=1, ge=1)
        slot: Slot = Slot.FIRST
        max_age: int = Field(default=0, ge=0)
        same_start: bool = False

    def __init__(self, options: Options) -> None:
        self.options = options
        self.buffer = SuccessBuffer(size=options.size, threshold=options.threshold, max_age=options.max_age)
        self._sampled_by = ""
        self._counts: Counter[str] = Counter()
        self._ages: list[int] = []
        self._num_members = 0

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """Help the poor groups, then remember what succeeded in all of them.

        Raises:
            ConfigError: The buffer, or an episode of it, is of another model or tokenizer.
        """
        self._refuse_strangers(situation)
        moment, options = situation.moment, self.options
        self._counts, self._ages = Counter(), []
        self._counts["expired"] = self.buffer.expire(moment.version)
        edited, used = list[Group](), set[str]()
        with StoreReader(situation.run_dir) if len(self.buffer) else nullcontext() as reader:
            for number, group in enumerate(groups):
                worths = [worth(episode, options.by) for episode in group.episodes]
                if not all_failed(worths, max_std=options.max_std, max_mean=options.max_mean):
                    edited.append(group)
                    continue
                rng = moment.rng("arpo_replay", number)
                found = self._successes(group, rng, situation, reader, used)
                self._counts["poor_groups"] += 1
                self._counts["unaided_groups"] += not found
                edited.append(put_in(group, found, options.slot, rng) if found else group)
        self._num_members = sum(len(group.episodes) for group in edited)
        fresh = [(g.task, one) for g in groups for one in g.episodes if one.iteration == moment.iteration]
        for task, episode in fresh:
            self._counts[self.buffer.offer(task, episode, worth(episode, options.by))] += 1
        return edited

    def state(self) -> dict[str, Any]:
        """The buffer, and whose tokens are in it."""
        return {"sampled_by": self._sampled_by, "buffer": self.buffer.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        self._sampled_by = str(state.get("sampled_by", ""))
        self.buffer.restore(state.get("buffer", {}))

    def metrics(self) -> Mapping[str, float]:
        """Share and age of what was replayed, and what became of groups and episodes, in the last iteration."""
        counts, ages = self._counts, self._ages
        return {
            "replay/share": len(ages) / max(self._num_members, 1),
            "replay/age": sum(ages) / max(len(ages), 1),
            "replay/age_max": float(max(ages, default=0)),
            "replay/episodes": float(len(ages)),
            "replay/poor_groups": float(counts["poor_groups"]),
            "replay/unaided_groups": float(counts["unaided_groups"]),
            "replay/size": float(len(self.buffer)),
            "replay/stored": float(counts[Offer.STORED]),
            "replay/repeated": float(counts[Offer.REPEATED]),
            "replay/not_finite": float(counts[Offer.NOT_FINITE]),
            "replay/expired": float(counts["expired"]),
            "replay/lost": float(counts["lost"]),
        }

    def _refuse_strangers(self, situation: Situation) -> None:
        """A buffer is of one model and one tokenizer: log-probabilities of others' tokens would mean nothing."""
        if len(self.buffer) and self._sampled_by != situation.sampled_by:
            raise ConfigError(
                f"arpo_replay: the {len(self.buffer)} episodes of the buffer were sampled by {self._sampled_by}, and "
                f"this run's policy is {situation.sampled_by}: resume with the model the run was started with, or "
                "start a run of its own"
            )
        self._sampled_by = situation.sampled_by

    def _successes(
        self, group: Group, rng: np.random.Generator, situation: Situation, reader: StoreReader | None, used: set[str]
    ) -> list[Episode]:
        """As many recorded episodes as a group gets."""
        found = list[Episode]()
        if reader is None:
            return found
        start = start_of(group.episodes[0])
        for stored in self.buffer.candidates(group, rng, without=used):
            if len(found) >= room(group, self.options.slot, self.options.k):
                break
            if self.options.same_start and stored.start != start:
                continue
            episode = _read(reader, stored.episode_id)
            if episode is None:
                self.buffer.forget(group.task, stored.episode_id)
                self._counts["lost"] += 1
                continue
            _refuse_strange_tokens(episode, situation)
            found.append(episode)
            used.add(stored.episode_id)
            self._ages.append(situation.moment.version - stored.version)
        return found


def _read(reader: StoreReader, episode_id: str) -> Episode | None:
    """A recorded episode; ``None`` where a crash of the machine took it, or its end, from the store."""
    try:
        episode = reader.episode(episode_id)
    except UnknownNameError:
        return None
    return episode if episode.trainable else None


def _refuse_strange_tokens(episode: Episode, situation: Situation) -> None:
    for step in episode.steps:
        if step.trainable and not situation.is_ours(step):
            raise ConfigError(
                f"arpo_replay: the tokens of stored episode {episode.id!r} step {step.t} are not those of this "
                f"model's tokenizer ({situation.sampled_by}): resume with the model that recorded the run"
            )
