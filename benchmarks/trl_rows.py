"""Rows for ``benchmarks.trl``: turns of episodes in groups, made up or recorded, and rows with nothing in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from clickwright.trajectories.reader import StoreReader

GROUP_SIZE, HISTORY, ACTIONS = 8, 3, 4
USUAL = 0.6
"""How often a member does what most would do there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedRow:
    """What both trainers are given of one step."""

    prompt_ids: list[int]
    completion_ids: list[int]
    old_logprobs: list[float]
    advantage: float
    group: int
    episode: int


def turns(num_groups: int, *, vocabulary: int, seed: int = 0) -> list[TrainedRow]:
    """Multi-turn episodes, eight members to a group, in the layout of our prompts: goal, last actions, page.

    Members that did the same so far see the same page; an action changes a page from some place on. Pages have 150 to
    400 tokens, actions 8 to 16.
    """
    rng = np.random.default_rng(seed)

    def some(low: int, high: int) -> list[int]:
        return rng.integers(2, vocabulary, int(rng.integers(low, high + 1))).tolist()

    rows: list[TrainedRow] = []
    for group in range(num_groups):
        goal, first = some(12, 30), some(150, 400)
        actions = [some(8, 16) for _ in range(ACTIONS)]
        pages: dict[tuple[int, ...], list[int]] = {(): first}
        num_turns = int(rng.integers(2, 5))
        for member in range(GROUP_SIZE):
            done: tuple[int, ...] = ()
            for _ in range(num_turns):
                told = [token for action in done[-HISTORY:] for token in actions[action]]
                action = 0 if rng.random() < USUAL else int(rng.integers(1, ACTIONS))
                completion = [*actions[action], 1]
                rows.append(
                    TrainedRow(
                        prompt_ids=[*goal, *told, *pages[done]],
                        completion_ids=completion,
                        old_logprobs=_about_uniform(rng, len(completion), vocabulary),
                        advantage=float(rng.normal()),
                        group=group,
                        episode=group * GROUP_SIZE + member,
                    )
                )
                page = pages[done]
                done = (*done, action)
                if done not in pages:
                    place = int(rng.integers(0, len(page)))
                    pages[done] = page[:place] + rng.integers(2, vocabulary, len(page) - place).tolist()
    return rows


def recorded(run: Path, *, vocabulary: int) -> list[TrainedRow]:
    """What the last iteration of a run learnt from: groups whose scores differ, credited by how they do."""
    with StoreReader(run) as reader:
        episodes = [episode for episode in reader.whole_episodes() if episode.group_id and episode.trainable]
    last = max(episode.iteration for episode in episodes)
    episodes = [episode for episode in episodes if episode.iteration == last]
    scores = {name: [one.score for one in episodes if one.group_id == name] for name in {e.group_id for e in episodes}}
    mean = {name: np.mean(each) for name, each in sorted(scores.items()) if len(set(each)) > 1}
    groups = list(mean)
    rng = np.random.default_rng(0)
    return [
        TrainedRow(
            prompt_ids=list(step.prompt_ids),
            completion_ids=list(step.completion_ids),
            old_logprobs=_about_uniform(rng, len(step.completion_ids), vocabulary),
            advantage=float(episode.score - mean[episode.group_id]),
            group=groups.index(episode.group_id),
            episode=number,
        )
        for number, episode in enumerate(episodes)
        if episode.group_id in mean
        for step in episode.steps
        if step.trainable
    ]


def _about_uniform(rng: np.random.Generator, num: int, vocabulary: int) -> list[float]:
    """Log-probabilities about as a model with random weights gives them, so that few ratios are clipped."""
    drawn: list[float] = (rng.normal(0.0, 0.1, num) - np.log(vocabulary)).tolist()
    return drawn


def apart(rows: list[TrainedRow], *, vocabulary: int, seed: int = 1) -> list[TrainedRow]:
    """Rows of the same lengths in which every token was drawn anew."""
    rng = np.random.default_rng(seed)

    def other(ids: list[int]) -> list[int]:
        return rng.integers(2, vocabulary, len(ids)).tolist()

    return [
        TrainedRow(**{**asdict(row), "prompt_ids": other(row.prompt_ids), "completion_ids": other(row.completion_ids)})
        for row in rows
    ]


def num_inputs(rows: list[TrainedRow]) -> int:
    """Tokens that the model must read for the rows one by one, without padding."""
    return sum(len(row.prompt_ids) + len(row.completion_ids) - 1 for row in rows)


def in_common(rows: list[TrainedRow]) -> float:
    """Part of those tokens that another row of the batch reads as well, at the same place after the same tokens."""
    reads = sorted((row.prompt_ids + row.completion_ids)[:-1] for row in rows)
    return sum(_alike(one, other) for one, other in pairwise(reads)) / num_inputs(rows)


def _alike(one: list[int], other: list[int]) -> int:
    differs = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(differs, min(len(one), len(other)))
