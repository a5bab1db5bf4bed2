"""The step rows of a batch as flat arrays: what every estimator reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import chain
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from clickwright.trajectories.records import Episode, Step

T = TypeVar("T")
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The tries at one task from one start state.

    Attributes:
        id: Unique in a run.
        task: Task name.
        seed: Seed every member was reset with.
        episodes: The members that ended without a fault.
    """

    id: str
    task: str
    seed: int
    episodes: tuple[Episode, ...]

    @property
    def scores(self) -> tuple[float, ...]:
        """Undiscounted return of each member."""
        return tuple(episode.score for episode in self.episodes)

    @property
    def differs(self) -> bool:
        """Whether its members came out differently: compared with each other, equal ones teach nothing."""
        return len(set(self.scores)) > 1


VARIANT = "variant"
"""Entry of ``Episode.meta``: number of the variant of its task that the episode was given; 0 where it says nothing."""


class Need(StrEnum):
    """What an estimator may read beside the five columns that every batch has: a field of ``Columns`` each."""

    ACTION = "action"
    BRANCH = "branch"
    OUTCOME = "outcome"
    SUCCESS = "success"
    TEXTS = "texts"
    TOKENS = "tokens"
    VALUE = "value"
    VARIANT = "variant"


FILLED: frozenset[Need] = frozenset(Need) - {Need.VALUE}
"""What ``columns`` can read off episodes; a value takes a critic."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenColumns:
    """One entry per completion token; the tokens of a row are contiguous and in order.

    Attributes:
        row: Row of the token, non-decreasing.
        id: Token id.
        logprob: Behaviour log-probability; 0 where a script acted.
        value: A critic's value of the text before the token, where there is a critic.
    """

    row: Ints
    id: Ints
    logprob: Floats
    value: Floats | None = None

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """One entry per environment step; the rows of an episode are contiguous and in order.

    What stands after ``trained`` is there when an estimator asked for it (``Need``); ``given`` reads it.

    Attributes:
        group: Group number of the row.
        episode: Episode number of the row, non-decreasing.
        anchor: Number of the row's ``state_key``; equal numbers mean equal keys; -1 means the state has no key.
        reward: What the step earned, penalties included.
        trained: Whether a policy sampled the step. Rows that are not trained (a script acted) count in returns and
            scores, get advantage 0 and stay out of every per-step statistic.
        num_tokens: Completion tokens of the row.
        parts: Named terms of the reward; ``nan`` in rows that do not have one.
        action: Number of the executed action; equal numbers mean equal actions.
        branch: Rows of the episode that are those of an earlier episode, which it branched off; the same in all its
            rows, 0 for an episode of its own.
        origin: That episode's number; -1 for none. Comes with ``branch``.
        outcome: Number of the state the row's episode ended in, its answer included.
        success: Whether the row's episode met its goal.
        texts: Text the policy read.
        tokens: The completion tokens of all rows.
        value: A critic's value of the row's state.
        variant: Number of the variant of the task that the row's episode was given.
    """

    group: Ints
    episode: Ints
    anchor: Ints
    reward: Floats
    trained: Bools
    num_tokens: Ints | None = None
    parts: Mapping[str, Floats] = field(default_factory=dict)
    action: Ints | None = None
    branch: Ints | None = None
    origin: Ints | None = None
    outcome: Ints | None = None
    success: Bools | None = None
    texts: tuple[str, ...] | None = None
    tokens: TokenColumns | None = None
    value: Floats | None = None
    variant: Ints | None = None

    def __post_init__(self) -> None:
        required = (self.group, self.episode, self.anchor, self.reward, self.trained)
        optional = (
            self.num_tokens,
            self.action,
            self.branch,
            self.origin,
            self.outcome,
            self.success,
            self.value,
            self.variant,
        )
        lengths = {len(one) for one in (*required, *optional, *self.parts.values(), self.texts) if one is not None}
        if len(lengths) != 1:
            raise ValueError(f"columns differ in length: {sorted(lengths)}")
        if len(self.episode) and (np.diff(self.episode) < 0).any():
            raise ValueError("rows of an episode must be contiguous: sort the rows by episode")
        bad = np.flatnonzero(~np.isfinite(self.reward))
        if len(bad):
            row = int(bad[0])
            raise ValueError(
                f"reward of row {row} (episode {int(self.episode[row])}, group {int(self.group[row])}) is "
                f"{self.reward[row]}; {len(bad)} of {len(self.reward)} rewards are not finite. A scorer that cannot "
                "judge a state must raise SurfaceFault so that the episode is excluded"
            )

    def __len__(self) -> int:
        return len(self.reward)


def given(value: T | None, name: str) -> T:
    """An optional column that the caller cannot do without.

    Raises:
        ValueError: It is not there.
    """
    if value is None:
        raise ValueError(
            f"this needs the column {name!r}, which the batch was laid out without: pass columns(groups, needs=...) "
            "what the estimator's `needs` says, or the column itself to as_columns"
        )
    return value


def shared_steps(group: Group, episode: Episode) -> int:
    """How many of an episode's first steps belong to another member of its group, which it branched off."""
    if episode.parent is None or all(other.id != episode.parent.episode_id for other in group.episodes):
        return 0
    return episode.parent.t


def columns(
    groups: Sequence[Group],
    *,
    needs: frozenset[Need] = frozenset(),
    rewards: Mapping[tuple[str, int], float] | None = None,
    parts: Mapping[str, Mapping[tuple[str, int], float]] | None = None,
) -> Columns:
    """Lay groups out as rows: groups in order, their episodes in order, their steps in order.

    The steps that a branch shares with the episode it left are laid out again, so that every episode is whole, and are
    trained once: with the episode they belong to, when that one is in its group.

    Args:
        groups: The groups.
        needs: Optional columns to fill.
        rewards: Reward of each step, by episode and ``t``, instead of the environment's.
        parts: Named terms beside the environment's own, which they replace where they have a name of its.

    Raises:
        ValueError: ``needs`` asks for values, which no episode has.
    """
    if needs - FILLED:
        raise ValueError(f"no episode has {', '.join(sorted(needs - FILLED))}: a critic must give it")
    members = [(number, member) for number, group in enumerate(groups) for member in group.episodes]
    steps = [step for _, member in members for step in member.steps]
    lengths = np.asarray([len(member.steps) for _, member in members], dtype=np.int64)
    episode = np.repeat(np.arange(len(members), dtype=np.int64), lengths)
    t = np.arange(len(steps)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    place = {(number, member.id): index for index, (number, member) in enumerate(members)}
    origin = [place.get((number, one.parent.episode_id), -1) if one.parent else -1 for number, one in members]
    branch = [shared_steps(groups[number], one) for number, one in members]
    shared = t < np.asarray(branch, dtype=np.int64)[episode]
    names = sorted({name for step in steps for name in step.reward_parts})
    more: dict[str, Any] = {}
    if Need.BRANCH in needs:
        more |= {"branch": np.asarray(branch)[episode], "origin": np.asarray(origin)[episode]}
    if Need.SUCCESS in needs:
        more["success"] = np.asarray([one.success for _, one in members], dtype=np.bool_)[episode]
    if Need.VARIANT in needs:
        more["variant"] = np.asarray([int(one.meta.get(VARIANT, 0)) for _, one in members], dtype=np.int64)[episode]
    if Need.OUTCOME in needs:
        more["outcome"] = _codes(_outcome(one) for _, one in members)[episode]
    if Need.ACTION in needs:
        more["action"] = _codes(json.dumps(step.action, sort_keys=True) for step in steps)
    if Need.TEXTS in needs:
        more["texts"] = tuple(step.text for step in steps)
    if Need.TOKENS in needs:
        more["tokens"] = _tokens(steps)
    places = [(member.id, step.t) for _, member in members for step in member.steps]
    anchors = {"": -1}
    return Columns(
        group=np.asarray([number for number, _ in members], dtype=np.int64)[episode],
        episode=episode,
        anchor=np.asarray([anchors.setdefault(step.state_key, len(anchors) - 1) for step in steps], dtype=np.int64),
        reward=np.asarray(
            [s.reward if rewards is None else rewards[one.id, s.t] for _, one in members for s in one.steps],
            dtype=np.float64,
        ),
        trained=np.asarray([step.trainable for step in steps], dtype=np.bool_) & ~shared,
        num_tokens=np.asarray([len(step.completion_ids) for step in steps], dtype=np.int64),
        parts={name: np.asarray([s.reward_parts.get(name, np.nan) for s in steps], dtype=np.float64) for name in names}
        | {name: np.asarray([found.get(one, np.nan) for one in places]) for name, found in (parts or {}).items()},
        **more,
    )


def as_columns(**arrays: Any) -> Columns:
    """Build columns from anything array-like; ``trained`` defaults to all true.

    Example:
        >>> len(as_columns(group=[0, 0], episode=[0, 1], anchor=[0, 0], reward=[1.0, 0.0]))
        2
    """
    arrays.setdefault("trained", np.ones(len(arrays["reward"]), dtype=np.bool_))
    kinds = {"reward": np.float64, "value": np.float64, "trained": np.bool_, "success": np.bool_}
    as_they_are = {"parts", "texts", "tokens"}
    return Columns(
        **{
            name: value if name in as_they_are else np.asarray(value, dtype=kinds.get(name, np.int64))
            for name, value in arrays.items()
        }
    )


def _codes(keys: Iterable[str]) -> Ints:
    """Number keys in the order of their first appearance."""
    seen: dict[str, int] = {}
    return np.asarray([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)


def _outcome(episode: Episode) -> str:
    """How an episode came out: the state it ended in, and what it answered."""
    answer = episode.steps[-1].action.get("answer") if episode.steps else None
    return json.dumps([episode.final.get("state_key", ""), answer])


def _tokens(steps: Sequence[Step]) -> TokenColumns:
    lengths = [len(step.completion_ids) for step in steps]
    logprobs = (step.logprobs if step.trainable else (0.0,) * len(step.completion_ids) for step in steps)
    return TokenColumns(
        row=np.repeat(np.arange(len(steps), dtype=np.int64), lengths),
        id=np.fromiter(chain.from_iterable(step.completion_ids for step in steps), dtype=np.int64),
        logprob=np.fromiter(chain.from_iterable(logprobs), dtype=np.float64),
    )
