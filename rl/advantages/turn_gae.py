"""Bi-level GAE: an advantage per turn first, then, with a value per token, GAE inside each turn towards it.

Turn level, over the trained rows k of an episode (r_k holds what came before the next one; V(end) = 0):

    d_k = r_k + gamma_turn * V_{k+1} - V_k          A_k = d_k + gamma_turn * lam_turn * A_{k+1}

Token level, inside row k, with r'_k = A_k + V at its last token, which also stands for ``V_k`` above:

    d_t = [t is last] * r'_k + gamma * V_{t+1} - V_t          A_t = d_t + gamma * lam * A_{t+1}

Without values per token, A_k is the row's advantage. ``whiten`` takes the mean over the batch off and divides by the
deviation (ddof = 1, + 1e-6). Every trained row is a turn; in RAGEN's code a turn that earns nothing is none.

``critic = "others"`` needs no network: V of a row is the mean return of the other episodes of its group that were in
the same state, of the other episodes where there is none, and its own return where the episode is alone.
``critic = "given"`` reads ``Columns.value`` or ``TokenColumns.value``, which ``[train.critic]`` of a recipe learns.

Source: Wang et al., RAGEN (arXiv 2504.20073); mll-lab-nu/RAGEN ``ragen/trainer/core_algos.py``; GAE: Schulman et al.
(arXiv 1506.02438), Eq. 16.
Unchecked: the critic "others" is this project's.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages, row_means
from clickwright.rl.advantages.columns import Columns, Floats, Need, TokenColumns, given
from clickwright.rl.advantages.critics import others_mean_return
from clickwright.rl.advantages.reinforce_pp import fold_rewards
from clickwright.rl.advantages.segments import Norm, discounted_returns, normalise
from clickwright.rl.registry import Options as PluginOptions

Discount = Annotated[float, Field(ge=0.0, le=1.0)]


@ESTIMATORS.register("turn_gae")
class TurnGae:
    """GAE over turns, and over the tokens inside each."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            critic: ``others``, or ``given`` with the batch.
            gamma_turn: Discount from turn to turn.
            lam_turn: How far a turn's surprise reaches back over turns.
            gamma: Discount from token to token.
            lam: How far a surprise reaches back over tokens.
            whiten: Whether advantages are normalised over the batch.
        """

        critic: Literal["others", "given"] = "others"
        gamma_turn: Discount = 0.95
        lam_turn: Discount = 1.0
        gamma: Discount = 1.0
        lam: Discount = 1.0
        whiten: bool = True

    def __init__(self, options: Options) -> None:
        self.options = options

    @property
    def needs(self) -> frozenset[Need]:
        """Values of states or tokens, when no critic of its own gives them."""
        return frozenset({Need.VALUE, Need.TOKENS}) if self.options.critic == "given" else frozenset()

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every trained row, or every token of it."""
        options, rows = self.options, np.flatnonzero(columns.trained)
        tokens = columns.tokens if options.critic == "given" else None
        per_token_values = tokens.value if tokens is not None else None
        if tokens is not None and per_token_values is not None:
            value = np.zeros(len(columns), dtype=np.float64)
            value[tokens.row] = per_token_values  # of several, the last is kept
        elif options.critic == "given":
            value = given(columns.value, "value")
        else:
            value = others_mean_return(columns, options.gamma_turn)
        turn = np.zeros(len(columns), dtype=np.float64)
        turn[rows] = self._chain(
            fold_rewards(columns)[rows], value[rows], columns.episode[rows], options.gamma_turn, options.lam_turn
        )
        parts = {"value": np.where(columns.trained, value, 0.0), "turn": turn.copy()}
        if tokens is None or per_token_values is None:
            turn[rows] = self._whitened(turn[rows])
            return Advantages(total=turn, parts=parts)
        own = columns.trained[tokens.row]
        per_token = np.zeros(len(tokens), dtype=np.float64)
        reward = _at_the_end(turn + value, tokens)
        inner = self._chain(reward, per_token_values, tokens.row, options.gamma, options.lam)
        per_token[own] = self._whitened(inner[own])
        return Advantages(total=row_means(per_token, tokens.row, len(columns)), per_token=per_token, parts=parts)

    @staticmethod
    def _chain(reward: Floats, value: Floats, chain: np.ndarray, gamma: float, lam: float) -> Floats:
        """GAE along contiguous runs of equal ``chain``."""
        following = np.zeros(len(value), dtype=np.float64)
        following[:-1] = np.where(chain[1:] == chain[:-1], value[1:], 0.0)
        return discounted_returns(reward + gamma * following - value, chain, gamma * lam)

    def _whitened(self, values: Floats) -> Floats:
        if not self.options.whiten:
            return values
        return normalise(values, np.zeros(len(values), dtype=np.int64), 1, norm=Norm.MEAN_STD)


def _at_the_end(per_row: Floats, tokens: TokenColumns) -> Floats:
    """A row's number at its last token, 0 at the others."""
    last = np.ones(len(tokens), dtype=np.bool_)
    last[:-1] = tokens.row[1:] != tokens.row[:-1]
    return np.where(last, per_row[tokens.row], 0.0)
