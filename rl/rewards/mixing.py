"""The environment's reward plus what layers say: ``r' = weight_0 * r_env + sum_i weight_i * form_i(value_i)``.

The environment's own reward stays in the records as it was; what training used instead is a layer of its own. A value
about a whole episode counts at its last step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from clickwright.errors import ConfigError
from clickwright.rl.advantages.columns import Floats, Group, columns
from clickwright.rl.rewards.forms.base import Form, Values
from clickwright.trajectories.layer_parts import Place, Value

EQUAL = 1e-9
"""Scores nearer than this are the same score with another rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One layer that takes part.

    Attributes:
        name: What it is called in metrics.
        weight: Its weight.
        form: What is made of its values.
        values: The values.
    """

    name: str
    weight: float
    form: Form
    values: Mapping[Place, Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixed:
    """What training uses.

    Attributes:
        rewards: Reward of every step.
        metrics: Of each term its mean share in the reward, the mean of its values, its weight, and the share of steps
            or episodes without a value.
        parts: The values of each term before its form and weight, by its name and the step; those of whole episodes
            stand at the last step. Editors of rewards find them among the reward parts.
    """

    rewards: Mapping[tuple[str, int], float]
    metrics: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Mapping[tuple[str, int], float]] = field(default_factory=dict)

    def score(self, group: Group) -> list[float]:
        """Undiscounted mixed return of each member."""
        return [sum(self.rewards[one.id, step.t] for step in one.steps) for one in group.episodes]

    def useful(self, groups: Sequence[Group]) -> list[Group]:
        """The groups whose members differ."""
        scores = [(group, self.score(group)) for group in groups]
        return [group for group, found in scores if max(found) - min(found) > EQUAL]


def mix(groups: Sequence[Group], terms: Sequence[Term], *, own_weight: float = 1.0) -> Mixed:
    """Add the terms to the environment's rewards.

    Args:
        groups: The groups.
        terms: What is added.
        own_weight: What the environment's own rewards count.

    Raises:
        ConfigError: A layer of words, or of whole episodes where states are needed.
    """
    rows = columns(groups)
    places = [(one.id, step.t) for group in groups for one in group.episodes for step in one.steps]
    total, metrics = own_weight * rows.reward, dict[str, float]()
    parts = dict[str, dict[tuple[str, int], float]]()
    last = np.append(np.diff(rows.episode) > 0, True) if len(rows) else np.zeros(0, dtype=bool)
    for term in terms:
        of_steps = np.array([_number(term, place) for place in places], dtype=np.float64)
        outcomes = np.full(len(places), np.nan)
        for row in np.flatnonzero(last):
            outcomes[row] = _number(term, (places[row][0], None))
        if term.form.of_states and not np.isnan(outcomes).all():
            raise ConfigError(f"{term.name} judges whole episodes: a potential needs a value of each state")
        added = np.zeros(len(places), dtype=np.float64)
        for value in (of_steps, outcomes):
            if len(places) and (value is of_steps or not np.isnan(value).all()):
                added += term.form(Values(value=value, episode=rows.episode, group=rows.group))
        total += term.weight * added
        said = np.where(np.isnan(of_steps), outcomes, of_steps).tolist()
        parts[term.name] = {place: value for place, value in zip(places, said, strict=True) if value == value}
        metrics |= _metrics(term, added, of_steps, outcomes[last])
    if len(places):
        metrics["reward/raw_mean"] = float(rows.reward.mean())
    return Mixed(rewards=dict(zip(places, total.tolist(), strict=True)), metrics=metrics, parts=parts)


def _number(term: Term, place: Place) -> float:
    value = term.values.get(place)
    if isinstance(value, str):
        raise ConfigError(f"{term.name} says {value!r:.60} of episode {place[0]!r}: words cannot be added to a reward")
    return np.nan if value is None else value


def _metrics(term: Term, added: Floats, of_steps: Floats, outcomes: Floats) -> dict[str, float]:
    if not len(added):
        return {}
    known = outcomes if np.isnan(of_steps).all() else of_steps
    values = known[~np.isnan(known)]
    about = {
        f"reward/{term.name}_mean": float(term.weight * added.mean()),
        f"reward/{term.name}_missing": float(np.isnan(known).mean()),
        f"reward/{term.name}_weight": term.weight,
    }
    return about | ({f"reward/{term.name}_value": float(values.mean())} if len(values) else {})
