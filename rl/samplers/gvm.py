"""GVM: more tries where the gradient varies more, at the same number of episodes in all.

    n_i ~ G_i / sqrt(p_i + alpha / p_i**(beta - 1)),   n_i = 0 where p_i = 0 or G_i = 0

with ``p_i`` the success of task i and ``G_i`` the gradient norm of its successful episodes. Sizes are whole, at least
``smallest``, and sum up to what the inner sampler planned; the tasks that the formula gives nothing get ``smallest``,
so that their success is measured again.

``p_i`` is the running success in training, or the profile's where a task was not tried. The original rolls out eight
tries per prompt for a probe; here every iteration is the probe of the next, and a task of which nothing is known counts
as the mean of the others. A gradient norm of the weights would take a backward pass per episode; ``G_i`` is the norm of
what reaches the logits of the sampled tokens, ``sqrt(sum (1 - pi(token))**2)``, which the records have.

Source: Yao et al., GVM-RAFT (arXiv 2505.02391); RLHFlow/GVM ``em/stage_2_calc_sample_size.py``.
Unchecked: the stand-in for ``G_i`` was made here; the norm at all logits lies between it and sqrt(2) times it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from clickwright.rl.advantages import Group
from clickwright.rl.advantages.columns import Floats
from clickwright.rl.moment import GroupPlan, Moment, remember
from clickwright.rl.samplers.around import Around
from clickwright.rl.samplers.base import SAMPLERS
from clickwright.rl.samplers.budget import allocated
from clickwright.rl.sections import Rate
from clickwright.trajectories.records import Episode


@SAMPLERS.register("gvm")
class Gvm(Around):
    """Gives groups more members where the gradient varies more; an inner sampler chooses the tasks."""

    class Options(Around.Options):
        """Settings of ``gvm``.

        Attributes:
            alpha: Keeps tasks of small success from taking everything.
            beta: How fast it does so as success gets smaller.
            smallest: Members of the smallest group.
        """

        alpha: Rate = 1e-3
        beta: Annotated[float, Field(ge=1.0, allow_inf_nan=False)] = 2.0
        smallest: Annotated[int, Field(ge=2)] = 2

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self._norms: dict[str, float] = {}
        self._sizes: list[int] = []

    def plan(self, moment: Moment) -> list[GroupPlan]:
        """What the inner sampler plans, with other sizes of the same sum."""
        plans = self.inner.plan(moment)
        weights = self._weights([plan.task for plan in plans], moment)
        total = sum(plan.size for plan in plans)
        self._sizes = allocated(weights, total, self.options.smallest)
        return [replace(plan, size=size) for plan, size in zip(plans, self._sizes, strict=True)]

    def observe(self, groups: Sequence[Group], moment: Moment) -> None:
        """Measure the gradient norms of what succeeded."""
        self.inner.observe(groups, moment)
        for group in groups:
            won = [gradient_norm(episode) for episode in group.episodes if episode.success]
            if won:
                remember(self._norms, group.task, sum(won) / len(won))

    def state(self) -> dict[str, Any]:
        """Running gradient norms."""
        return {**super().state(), "norms": dict(self._norms)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        super().restore(state)
        self._norms = {task: float(norm) for task, norm in state.get("norms", {}).items()}

    def metrics(self) -> dict[str, float]:
        """The smallest and the largest group planned, beside the inner sampler's numbers."""
        sizes = self._sizes or [0]
        return {
            **self.inner.metrics(),
            "sampler/smallest_group": float(min(sizes)),
            "sampler/largest_group": float(max(sizes)),
        }

    def _weights(self, tasks: Sequence[str], moment: Moment) -> Floats:
        mean_norm = sum(self._norms.values()) / len(self._norms) if self._norms else 1.0
        weights = np.full(len(tasks), np.nan)
        for place, task in enumerate(tasks):
            before = moment.pass_rates.get(task)
            success = moment.success.get(task, before.rate if before is not None else None)
            if success is not None:
                norm = self._norms.get(task, mean_norm)
                weights[place] = weight(norm, success, self.options.alpha, self.options.beta)
        known = weights[~np.isnan(weights)]
        return np.where(np.isnan(weights), known.mean() if len(known) else 1.0, weights)


def weight(norm: float, success: float, alpha: float, beta: float) -> float:
    """What a task's share of the episodes is proportional to.

    Example:
        >>> [round(weight(1.0, success, 1e-3, 2.0), 4) for success in (0.0, 0.1, 0.5, 1.0)]
        [0.0, 3.0151, 1.4114, 0.9995]
    """
    if success <= 0.0 or norm <= 0.0:
        return 0.0
    # Multiplied through by p^(beta - 1), whose inverse would overflow at a tiny success.
    power = success ** (beta - 1.0)
    return float(norm * np.sqrt(power / (success * power + alpha)))


def gradient_norm(episode: Episode) -> float:
    """Norm of the gradient of an episode's log-probability at the logits of the tokens that were sampled."""
    sampled = [np.asarray(step.logprobs, dtype=np.float64) for step in episode.steps if step.trainable]
    return float(np.sqrt(sum(np.square(np.expm1(logprobs)).sum() for logprobs in sampled)))
