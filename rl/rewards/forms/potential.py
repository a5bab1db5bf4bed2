"""Potential-based shaping: ``f_t = gamma * Phi(s_{t+1}) - Phi(s_t)``, with ``Phi = 0`` once the episode is over.

Summed with the same ``gamma`` along an episode this is ``-Phi(s_0)``, whatever is done: every policy loses the same, so
the optimal ones stay optimal, and group-relative advantages of the undiscounted score do not change at all with
``gamma = 1``. That needs three things: values of states alone (what is judged by its action is refused), the ``gamma``
of the return that is optimised, and the potential 0 at every end, time limits included.

Sources: Ng, Harada, Russell, "Policy invariance under reward transformations" (1999), Theorem 1; for the end: Grzes,
"Reward shaping in episodic reinforcement learning" (2017).
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from pydantic import Field

from clickwright.rl.advantages.columns import Floats
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.forms.base import FORMS, Values


@FORMS.register("potential")
class Potential:
    """Differences of a potential."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            gamma: Discount; that of the return which the estimator compares.
            unknown: Potential of a state that the layer says nothing of.
        """

        gamma: Annotated[float, Field(ge=0.0, le=1.0)] = 1.0
        unknown: Annotated[float, Field(allow_inf_nan=False)] = 0.0

    of_states = True

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, values: Values) -> Floats:
        """The difference that each step makes."""
        potential = np.where(np.isnan(values.value), self.options.unknown, values.value)
        ahead = np.zeros_like(potential)
        same = values.episode[:-1] == values.episode[1:]
        ahead[:-1] = np.where(same, potential[1:], 0.0)
        return self.options.gamma * ahead - potential
