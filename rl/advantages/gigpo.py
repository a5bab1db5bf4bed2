"""GiGPO: credit for the episode plus credit for each step among the visits to the same state.

    R_t     = r_t + gamma * R_{t+1}                                    (Eq. 5)
    A^E     = episode advantage: the episode's score against its group (Eq. 3)
    G(s)    = rows of one group whose state_key is s                   (Eq. 6)
    A^S     = R_t compared with the R of the other rows of G(s)        (Eq. 7)
    A       = A^E + step_advantage_w * A^S                             (Eq. 8)

Both comparisons use the same norm. A state that was visited once gives ``A^S = 0``; a state visited twice by one
episode counts twice.

Source: Feng et al., GiGPO (arXiv 2505.10978); verl-agent ``gigpo/core_gigpo.py``. Two choices differ from that code:
the default weighting is the paper's (one sample per trajectory), and an invalid action's penalty is part of the step's
reward, so it flows through ``R`` to the steps before it.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns, Ints
from clickwright.rl.advantages.episode import Weighting, episode_advantages
from clickwright.rl.advantages.segments import Norm, Singleton, dense, discounted_returns, normalise
from clickwright.rl.registry import Options as PluginOptions


@ESTIMATORS.register("gigpo")
class Gigpo:
    """Score against the group, plus each step's return against other visits to its state."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            norm: ``mean_norm`` or ``mean_std_norm``, at both levels.
            weighting: One sample per ``trajectory`` or per ``step`` in the episode term.
            singleton: What the only episode of a group gets in the episode term.
            gamma: Discount of the step return.
            step_advantage_w: Weight of the step term.
        """

        norm: Norm = Norm.MEAN
        weighting: Weighting = Weighting.TRAJECTORY
        singleton: Singleton = Singleton.ZERO
        gamma: Annotated[float, Field(ge=0.0, le=1.0)] = 0.95
        step_advantage_w: Annotated[float, Field(ge=0.0)] = 1.0

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row with both terms."""
        options = self.options
        returns = discounted_returns(columns.reward, columns.episode, options.gamma)
        episode = episode_advantages(
            columns, norm=options.norm, weighting=options.weighting, singleton=options.singleton
        )
        step = np.zeros(len(columns), dtype=np.float64)
        rows = np.flatnonzero(columns.trained)
        segment, num_segments = self.states(columns, rows)
        step[rows] = normalise(returns[rows], segment, num_segments, norm=options.norm)
        size = np.bincount(segment, minlength=num_segments)
        hits = float((size[segment] > 1).mean()) if len(rows) else 0.0
        return Advantages(
            total=episode + options.step_advantage_w * step,
            parts={"episode": episode, "step": step, "return": returns},
            metrics={"anchor_hit_rate": hits, "anchor_group_size": float(size.mean()) if num_segments else 0.0},
        )

    def states(self, columns: Columns, rows: Ints) -> tuple[Ints, int]:
        """Number the states that ``rows`` were in, group by group."""
        return anchor_groups(columns, rows)


def anchor_groups(columns: Columns, rows: Ints) -> tuple[Ints, int]:
    """Number the (group, state_key) pairs of ``rows``; a row without a key stands alone."""
    group, anchor = columns.group[rows], columns.anchor[rows]
    width = int(anchor.max(initial=-1)) + 1
    num_pairs = (int(group.max(initial=-1)) + 1) * max(width, 1)
    keys = np.where(anchor >= 0, group * max(width, 1) + anchor, num_pairs + np.arange(len(rows)))
    return dense(keys)
