"""HGPO: step credit among rows that share the state and, the deeper the level, ever more of the way to it.

    level k      rows of one group whose last k states, their own included, are the same, k = 1..history + 1
    A^k          R_t compared with the other rows of its group at level k; nothing where it is alone
    A            sum_k w_k * A^k / sum_k w_k,   w_k = (k + 1) ** alpha,   over the levels with A^k != 0 (above 1e-9)

``R_t`` is GiGPO's discounted return. There is no separate episode term; with ``episode_level`` the episode's advantage
joins the mean as level 0. A row of which a state has no key is alone on every level that looks at it. Deviations are
population deviations, as in the original. With ``history = 0`` this is GiGPO's step term alone.

Source: He et al., HGPO (arXiv 2602.22817); langfengQ/verl-agent ``recipe/hgpo/core_hgpo.py``.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages
from clickwright.rl.advantages.columns import Columns, Floats, Ints
from clickwright.rl.advantages.episode import Weighting, episode_advantages
from clickwright.rl.advantages.segments import EPS, Norm, Singleton, dense, discounted_returns, normalise
from clickwright.rl.registry import Options as PluginOptions

NOTHING = 1e-9
"""Below this a term is rounding: whether a level counts must not hang on the order of a sum."""


@ESTIMATORS.register("hgpo")
class Hgpo:
    """Step credit over a hierarchy of groups that share more and more history."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            norm: ``mean_norm`` or ``mean_std_norm``.
            gamma: Discount of the step return.
            history: Earlier states that the deepest level looks at.
            alpha: How much more a deeper level counts; 0 weighs all alike.
            episode_level: Whether the episode's advantage is level 0.
        """

        norm: Norm = Norm.MEAN_STD
        gamma: Annotated[float, Field(ge=0.0, le=1.0)] = 0.95
        history: Annotated[int, Field(ge=0, le=16)] = 2
        alpha: Annotated[float, Field(ge=0.0)] = 1.0
        episode_level: bool = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every trained row with the weighted mean of its levels."""
        options = self.options
        rows = np.flatnonzero(columns.trained)
        returns = discounted_returns(columns.reward, columns.episode, options.gamma)
        levels: list[tuple[float, Floats]] = []
        if options.episode_level:
            term = episode_advantages(columns, norm=options.norm, weighting=Weighting.STEP, singleton=Singleton.ZERO)
            levels.append((1.0, term[rows]))
        metrics: dict[str, float] = {}
        for depth, way in enumerate(_ways(columns, options.history), start=1):
            segment, num = dense(way[rows])
            term = normalise(returns[rows], segment, num, norm=options.norm, ddof=0)
            levels.append(((depth + 1.0) ** options.alpha, term))
            size = np.bincount(segment, minlength=num)
            metrics[f"level_{depth}_hit_rate"] = float((size[segment] > 1).mean()) if len(rows) else 0.0
        weight, total = np.zeros(len(rows)), np.zeros(len(rows))
        for factor, term in levels:
            weight += np.where(np.abs(term) > NOTHING, factor, 0.0)
            total += factor * term
        result = np.zeros(len(columns), dtype=np.float64)
        result[rows] = total / (weight + EPS)
        return Advantages(total=result, parts={"return": returns}, metrics=metrics)


def _ways(columns: Columns, history: int) -> list[Ints]:
    """For each level a number per row: equal where group and last states are; a row without a full way has its own."""
    num = len(columns)
    alone = np.arange(num, dtype=np.int64)
    way, _ = dense(columns.group)
    whole = np.ones(num, dtype=np.bool_)
    result = []
    for back in range(history + 1):
        before = alone - back
        whole = whole & (before >= 0) & (columns.episode[np.maximum(before, 0)] == columns.episode)
        state = columns.anchor[np.maximum(before, 0)]
        whole = whole & (state >= 0)
        width = int(state.max(initial=-1)) + 1
        way, count = dense(way * max(width, 1) + np.maximum(state, 0))
        result.append(np.where(whole, way, count + alone))
    return result
