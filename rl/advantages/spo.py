"""SPO: credit for the stretch between two branching points, out of what became of the branches.

    V(end of an episode) = its score
    V(point)             = mean of V over the points or ends that follow it directly, one for each way taken there
    A_t                  = V(next point or end) - V(point before)        for the steps t of the stretch between them

All episodes of a group start at one point, so without any branch this is GRPO's ``mean_norm``. A branch at step t of an
episode makes a point there; the steps before it are shared and credited once, with the episode they belong to. With
``prob_mask`` only tokens that were sampled with less than that probability keep their credit (the paper's 0.9).

Source: Guo et al., "Segment Policy Optimization" (arXiv 2505.23564); AIFrameResearch/SPO (chain and tree).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages, row_means
from clickwright.rl.advantages.columns import Columns, Floats, Ints, Need, given
from clickwright.rl.advantages.episode import Episodes, episodes_of
from clickwright.rl.advantages.segments import dense
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("spo")
class Spo:
    """Monte-Carlo value of each branching point; a stretch earns the difference across it."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            prob_mask: Tokens sampled with at least this probability get no credit; 1 or more for no mask.
        """

        prob_mask: Annotated[float, Field(gt=0.0)] = 1.0

    def __init__(self, options: Options) -> None:
        self.options = options

    @property
    def needs(self) -> frozenset[Need]:
        """Where episodes branched, and how sure each token was when there is a mask."""
        return frozenset({Need.BRANCH, Need.TOKENS} if self.options.prob_mask < 1.0 else {Need.BRANCH})

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with the value gained over its stretch."""
        total, value, num_points = segment_values(columns)
        total = np.where(columns.trained, total, 0.0)
        metrics = {"branch_points": float(num_points)}
        if self.options.prob_mask >= 1.0:
            return Advantages(total=total, parts={"value": value}, metrics=metrics)
        tokens = given(columns.tokens, "tokens")
        unsure = np.exp(tokens.logprob) < self.options.prob_mask
        per_token = np.where(unsure, total[tokens.row], 0.0)
        metrics["unsure_tokens"] = float(unsure.mean()) if len(unsure) else 0.0
        mean = row_means(per_token, tokens.row, len(columns))
        return Advantages(total=mean, per_token=per_token, parts={"value": value}, metrics=metrics)


def segment_values(columns: Columns) -> tuple[Floats, Floats, int]:
    """Value gained over the stretch of every row, value at its start, and the number of branching points."""
    episodes = episodes_of(columns)
    num = len(episodes.score)
    if not num:
        return np.zeros(0), np.zeros(0), 0
    _, first = np.unique(episodes.of_row, return_index=True)
    t = np.arange(len(columns)) - first[episodes.of_row]
    origin, at = _straightened(columns, episodes, first)
    branched = np.flatnonzero(origin >= 0)
    # Keys sort by episode, then step: a key names a point on its episode, and the end of one is its largest.
    width = int(t.max()) + 3
    points = np.unique(origin[branched] * width + at[branched])
    ends = np.arange(num, dtype=np.int64) * width + width - 1
    nodes = np.sort(np.concatenate([points, ends]))
    owner = nodes // width
    # The node before on the same episode; else the point it branched off; else the start of its group.
    earlier = np.arange(len(nodes)) - 1
    same = (earlier >= 0) & (owner[np.maximum(earlier, 0)] == owner)
    left = np.searchsorted(nodes, origin[owner] * width + at[owner])
    root = len(nodes) + episodes.group[owner]
    before = np.where(same, earlier, np.where(origin[owner] >= 0, left, root))
    value = _tree_values(before, nodes, ends, episodes)
    row_key = episodes.of_row * width + t
    ahead = np.searchsorted(nodes, row_key, side="right")
    # A shared step belongs to the stretch of the episode it was copied from; its copy is never trained.
    return value[ahead] - value[before[ahead]], value[before[ahead]], len(points)


def _straightened(columns: Columns, episodes: Episodes, first: Ints) -> tuple[Ints, Ints]:
    """Where each episode left another; one that left a copied step is said to have left the episode that owns it."""
    numbers = columns.episode[first]
    named = given(columns.origin, "origin")[first]
    place = np.searchsorted(numbers, named)
    known = (named >= 0) & (place < len(numbers)) & (numbers[np.minimum(place, len(numbers) - 1)] == named)
    origin = np.where(known, place, -1).astype(np.int64)
    at = np.where(known, given(columns.branch, "branch")[first], 0).astype(np.int64)
    for _ in range(len(origin)):
        inside = (origin >= 0) & (origin[np.maximum(origin, 0)] >= 0) & (at <= at[np.maximum(origin, 0)])
        if not inside.any():
            break
        origin = np.where(inside, origin[np.maximum(origin, 0)], origin)
    start = (origin >= 0) & (at == 0)
    return np.where(start, -1, origin), at


def _tree_values(before: Ints, nodes: Ints, ends: Ints, episodes: Episodes) -> Floats:
    """Values of all nodes and, behind them, of the groups' starts: means of children, the deepest first."""
    num = len(nodes)
    value = np.zeros(num + episodes.num_groups, dtype=np.float64)
    value[np.searchsorted(nodes, ends)] = episodes.score
    depth = np.ones(num, dtype=np.int64)
    up = before.copy()
    while (inner := up < num).any():
        depth[inner] += 1
        up[inner] = before[up[inner]]
    by_depth, _ = dense(depth)
    for level in range(int(by_depth.max()), -1, -1):
        children = np.flatnonzero(by_depth == level)
        parent = before[children]
        count = np.bincount(parent, minlength=len(value))
        # Shifted by one child, equal children give exactly their value.
        shift = np.zeros(len(value), dtype=np.float64)
        shift[parent] = value[children]
        total = np.bincount(parent, weights=value[children] - shift[parent], minlength=len(value))
        value = np.where(count > 0, shift + total / np.maximum(count, 1), value)
    return value
