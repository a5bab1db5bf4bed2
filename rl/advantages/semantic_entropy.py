"""SEED-GRPO: the more a group's outcomes disagree in meaning, the smaller its update.

    SE  = -(1/K) * sum_k log p(C_k),   p(C_k) = share of the group's episodes in cluster k of K
    u   = SE / log(G)
    A' = A * f,   f = 1 - alpha * u  (linear),  exp(-alpha * u)  (exponential),  (1 - u) ** alpha  (focal)

Episodes are of one cluster when they end in the same state with the same answer. ``f`` is never below 0; a group of one
has u = 0.

Source: Chen et al., SEED-GRPO (arXiv 2505.12346).
Unchecked: SE_max = log G and the three shapes are from memory and a summary, not from the paper; clustering by final
state and answer is this project's.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import MULTIPLIERS
from clickwright.rl.advantages.columns import Columns, Floats, Need, given
from clickwright.rl.advantages.episode import Episodes, episodes_of
from clickwright.rl.advantages.segments import dense
from clickwright.rl.registry import Options as PluginOptions


@MULTIPLIERS.register("semantic_entropy")
class SemanticEntropy:
    """Scale down groups whose outcomes disagree."""

    needs = frozenset({Need.OUTCOME})

    class Options(PluginOptions):
        """Settings.

        Attributes:
            shape: ``linear``, ``exponential`` or ``focal``.
            alpha: How much disagreement takes away.
        """

        shape: Literal["linear", "exponential", "focal"] = "linear"
        alpha: Annotated[float, Field(gt=0.0)] = 0.5

    def __init__(self, options: Options) -> None:
        self.options = options

    def scale(self, columns: Columns) -> Floats:
        """One factor per row."""
        options, episodes = self.options, episodes_of(columns)
        entropy = semantic_entropy(episodes, episodes.first(given(columns.outcome, "outcome")))
        share = entropy / np.maximum(np.log(np.maximum(episodes.size, 1)), 1e-12)
        share = np.where(episodes.size > 1, share, 0.0).clip(min=0.0)
        if options.shape == "linear":
            factor = 1.0 - options.alpha * share
        elif options.shape == "exponential":
            factor = np.exp(-options.alpha * share)
        else:
            factor = (1.0 - share).clip(min=0.0) ** options.alpha
        return np.asarray(factor.clip(min=0.0)[episodes.group][episodes.of_row], dtype=np.float64)


def semantic_entropy(episodes: Episodes, outcome: np.ndarray) -> Floats:
    """``SE`` of each group, in nats."""
    pair, num_pairs = dense(episodes.group * (int(outcome.max(initial=0)) + 1) + outcome)
    group_of = np.zeros(num_pairs, dtype=np.int64)
    group_of[pair] = episodes.group
    share = np.bincount(pair, minlength=num_pairs) / episodes.size[group_of]
    clusters = np.bincount(group_of, minlength=episodes.num_groups)
    total = np.bincount(group_of, weights=-np.log(share), minlength=episodes.num_groups)
    return np.asarray(total / np.maximum(clusters, 1), dtype=np.float64)
