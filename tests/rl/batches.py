"""Columns for the tests of the estimators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from clickwright.rl.advantages.columns import Columns, TokenColumns, as_columns


def single_steps(scores: Sequence[float], **more: object) -> Columns:
    """One group of episodes of one step each."""
    num = len(scores)
    return as_columns(group=[0] * num, episode=range(num), anchor=[0] * num, reward=scores, **more)


def tokens(
    row: Sequence[int], ids: Sequence[int] | None = None, logprobs: Sequence[float] | None = None
) -> TokenColumns:
    """Tokens by the row they belong to."""
    return TokenColumns(
        row=np.asarray(row, dtype=np.int64),
        id=np.asarray(ids if ids is not None else [0] * len(row), dtype=np.int64),
        logprob=np.asarray(logprobs if logprobs is not None else [-0.5] * len(row), dtype=np.float64),
    )


def whole(
    group: list[int], episode: list[int], anchor: list[int], reward: list[float], rng: np.random.Generator
) -> Columns:
    """Columns with every optional one filled."""
    num, num_episodes = len(group), max(episode, default=-1) + 1
    success = rng.random(num_episodes) < 0.5
    lengths = rng.integers(1, 4, num)
    row = np.repeat(np.arange(num), lengths)
    return as_columns(
        group=group,
        episode=episode,
        anchor=anchor,
        reward=reward,
        num_tokens=lengths,
        action=rng.integers(0, 3, num),
        branch=np.zeros(num),
        origin=np.full(num, -1),
        outcome=rng.integers(0, 3, num_episodes)[episode] if num else [],
        success=success[episode] if num else [],
        texts=tuple(f"page {key}" for key in anchor),
        parts={name: rng.random(num) for name in ("progress", "judge")},
        tokens=TokenColumns(row=row, id=rng.integers(0, 5, len(row)), logprob=-rng.random(len(row))),
        value=rng.random(num),
    )


@st.composite
def batches(draw: st.DrawFn) -> Columns:
    """Up to 4 groups of up to 5 episodes of up to 5 steps over 4 states, every optional column filled."""
    group: list[int] = []
    episode: list[int] = []
    anchor: list[int] = []
    reward: list[float] = []
    number = 0
    for g in range(draw(st.integers(1, 4))):
        for _ in range(draw(st.integers(1, 5))):
            for _ in range(draw(st.integers(1, 5))):
                group.append(g)
                episode.append(number)
                anchor.append(draw(st.integers(-1, 3)))
                reward.append(draw(st.sampled_from([0.0, 1.0, -0.1, 10.0, 1 / 3])))
            number += 1
    return whole(group, episode, anchor, reward, np.random.default_rng(draw(st.integers(0, 99))))


def taken(data: Columns, order: Sequence[int]) -> tuple[Columns, np.ndarray, np.ndarray]:
    """The episodes in another order, with the rows and the tokens in theirs."""
    rows = np.concatenate([np.flatnonzero(data.episode == number) for number in order])
    renumbered = np.repeat(np.arange(len(order)), [int((data.episode == number).sum()) for number in order])
    assert data.tokens is not None
    places = np.concatenate([np.flatnonzero(data.tokens.row == row) for row in rows])
    lengths = np.asarray([int((data.tokens.row == row).sum()) for row in rows])
    named = ("group", "anchor", "reward", "trained", "num_tokens", "action", "outcome", "success", "value", "branch")
    fields = {name: getattr(data, name)[rows] for name in named}
    assert data.texts is not None
    moved = as_columns(
        **fields,
        episode=renumbered,
        origin=np.full(len(rows), -1),
        texts=tuple(data.texts[row] for row in rows),
        parts={name: values[rows] for name, values in data.parts.items()},
        tokens=TokenColumns(
            row=np.repeat(np.arange(len(rows)), lengths), id=data.tokens.id[places], logprob=data.tokens.logprob[places]
        ),
    )
    return moved, rows, places
