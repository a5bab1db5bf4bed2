"""KTAE: what distinguishes the right tries from the wrong ones, token by token or action by action.

Per group and item o (a token id; or a state with the action taken in it), over the episodes of the group:

    a, b = right, wrong episodes that contain o;   c, d = right, wrong ones that do not
    F    = exp(-2 p), p of Fisher's exact test on (a, b; c, d), two-sided; 0 where p = 1
    IG   = information gain of "contains o" about "right", in bits
    h    = asin(sqrt(a / (a + c))) - asin(sqrt(b / (b + d)))
    tf   = f * (k1 + 1) / (f + k1 * (1 - b' + b' * L / L_mean)), k1 = 2, b' = 0.5, for right and for wrong:
           f the share of o among the L items of that side, L_mean the mean L of the two sides
    x    = h + tf_right / (tf_wrong + 1e-5) - tf_wrong / (tf_right + 1e-5)
    v    = top * (2 * sigmoid((alpha * F + beta * IG) * x / (alpha + beta)) - 1)
    A    = (s - mean(s)) / (std(s) + 1e-6) + v(o)

``v`` is 0 in a group without a right or without a wrong episode, and for ids in ``neutral_ids`` (the end token). Over
actions, a row whose state has no key gets no ``v``.

Source: Sun et al., KTAE (arXiv 2505.16826); xiaolizh1/KTAE ``verl/workers/actor/compute_key_tokens.py``.
Unchecked: the form over (state, action) is this project's; the paper has tokens alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.base import ESTIMATORS, Advantages, row_means
from clickwright.rl.advantages.columns import Bools, Columns, Floats, Ints, Need, given
from clickwright.rl.advantages.contingency import fisher_p, information_gain, kinds
from clickwright.rl.advantages.episode import Episodes, Weighting, episode_advantages, episodes_of, whole_groups
from clickwright.rl.advantages.segments import Norm, Singleton, dense, distinct, numbered
from clickwright.rl.registry import Options as PluginOptions

K1, B = 2.0, 0.5
TINY = 1e-5
AT_ONCE = 100_000
"""Tokens that are looked at together."""


@ESTIMATORS.register("ktae")
class Ktae:
    """GRPO plus the association of each token, or of each action in its state, with success."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            over: ``tokens``, or ``actions`` in their states.
            alpha: Weight of Fisher's test.
            beta: Weight of the information gain.
            top: Largest size of the added term.
            neutral_ids: Token ids that get no term.
        """

        over: Literal["tokens", "actions"] = "tokens"
        alpha: Annotated[float, Field(ge=0.0)] = 1.0
        beta: Annotated[float, Field(gt=0.0)] = 1.0
        top: Annotated[float, Field(gt=0.0)] = 1.0
        neutral_ids: tuple[int, ...] = ()

    def __init__(self, options: Options) -> None:
        self.options = options

    @property
    def needs(self) -> frozenset[Need]:
        """Outcomes, and what is associated with them."""
        return frozenset({Need.SUCCESS, Need.TOKENS if self.options.over == "tokens" else Need.ACTION})

    def advantages(self, columns: Columns) -> Advantages:
        """Credit every row, or every token of it."""
        options, num = self.options, len(columns)
        episodes = episodes_of(columns)
        base = episode_advantages(columns, norm=Norm.MEAN_STD, weighting=Weighting.TRAJECTORY, singleton=Singleton.ZERO)
        if options.over == "actions":
            action = given(columns.action, "action")
            rows = np.flatnonzero(columns.trained & (columns.anchor >= 0))
            item, _ = dense(columns.anchor[rows] * (int(action.max(initial=0)) + 1) + action[rows])
            term = np.zeros(num, dtype=np.float64)
            term[rows] = self._values(columns, episodes, rows, item)
            return Advantages(total=base + term, parts={"episode": base, "key": term})
        tokens = given(columns.tokens, "tokens")
        # With nothing to leave out, nothing need be copied.
        if columns.trained.all():
            value = self._values(columns, episodes, tokens.row, tokens.id)
        else:
            own = np.flatnonzero(columns.trained[tokens.row])
            value = np.zeros(len(tokens), dtype=np.float64)
            value[own] = self._values(columns, episodes, tokens.row[own], tokens.id[own])
        if options.neutral_ids:
            value[np.isin(tokens.id, options.neutral_ids)] = 0.0
        per_token = base[tokens.row]
        per_token += value
        key = row_means(value, tokens.row, num)
        return Advantages(total=base + key, per_token=per_token, parts={"episode": base, "key": key})

    def _values(self, columns: Columns, episodes: Episodes, row: Ints, item: Ints) -> Floats:
        """``v`` of each item that occurs, where ``row`` says in which row it does."""
        right = episodes.first(given(columns.success, "success")).astype(np.bool_)
        member = episodes.member
        # Groups have nothing to do with each other, and a few of them at a time stay in the processor's caches.
        parts = whole_groups(episodes, row, AT_ONCE)
        values = [self._some(episodes, right, member, row[part], item[part]) for part in parts]
        return np.concatenate([np.zeros(0), *values])

    def _some(self, episodes: Episodes, right: Bools, member: Ints, row: Ints, item: Ints) -> Floats:
        options = self.options
        width = int(item.max(initial=0)) + 1
        episode = episodes.of_row[row]
        named = (episodes.group * width)[episode]
        named += item
        key, names = numbered(named)
        group_of_key, num_keys = names // width, len(names)
        wrote_right = right[episode]
        size = int(episodes.size.max(initial=1))
        held_by = member[episode]
        held_by += key * size
        pairs = distinct(held_by)
        held = pairs // size
        right_members = np.zeros((episodes.num_groups, size), dtype=np.float64)
        right_members[episodes.group, member] = right
        by_right = right_members.ravel()[group_of_key[held] * size + pairs - held * size]
        a = np.bincount(held, weights=by_right, minlength=num_keys).astype(np.int64)
        b = np.bincount(held, minlength=num_keys) - a
        num_right = np.bincount(episodes.group[right], minlength=episodes.num_groups)
        kind, table = kinds(a, b, num_right, episodes.size - num_right, group_of_key)
        strength, effect = self._association(*table)
        x = effect[kind] + self._frequency(key, group_of_key, wrote_right, episodes.num_groups)
        sure = strength[kind] * x / (options.alpha + options.beta)
        value = options.top * np.tanh(0.5 * sure)  # 2 * sigmoid(z) - 1 = tanh(z / 2)
        mixed = (num_right > 0) & (num_right < episodes.size)
        return np.asarray(np.where(mixed[group_of_key], value, 0.0)[key], dtype=np.float64)

    def _association(self, a: Ints, b: Ints, num_right: Ints, num_wrong: Ints) -> tuple[Floats, Floats]:
        """How surely each table's item goes with an outcome, and with which (``h``)."""
        options, p = self.options, fisher_p(a, b, num_right, num_wrong)
        strength = options.alpha * np.where(p < 1.0, np.exp(-2.0 * p), 0.0)
        strength = strength + options.beta * information_gain(a, b, num_right, num_wrong)
        share_right, share_wrong = a / np.maximum(num_right, 1), b / np.maximum(num_wrong, 1)
        return strength, np.arcsin(np.sqrt(share_right)) - np.arcsin(np.sqrt(share_wrong))

    @staticmethod
    def _frequency(key: Ints, group_of_key: Ints, right: Bools, num_groups: int) -> Floats:
        """Difference of the quotients of ``tf`` on the two sides, per key."""
        sides = []
        num_right = np.bincount(key, weights=right, minlength=len(group_of_key))
        counts = (num_right, np.bincount(key, minlength=len(group_of_key)) - num_right)
        totals = [np.bincount(group_of_key, weights=count, minlength=num_groups) for count in counts]
        mean = np.maximum((totals[0] + totals[1]) / 2.0, 1.0)
        for count, total in zip(counts, totals, strict=True):
            tf = np.maximum(total, 1.0)[group_of_key]
            np.divide(count, tf, out=tf)
            scale = (K1 * (1.0 - B + B * total / mean))[group_of_key]
            scale += tf
            tf *= K1 + 1.0
            tf /= scale
            sides.append(tf)
        difference = sides[1] + TINY
        np.divide(sides[0], difference, out=difference)
        sides[0] += TINY
        difference -= np.divide(sides[1], sides[0], out=sides[1])
        return np.asarray(difference, dtype=np.float64)
