"""Clip: ``f(v) = min(max(v, low), high)``.

Source: Mnih et al., "Playing Atari with Deep Reinforcement Learning" (arXiv 1312.5602), section 5, which clips rewards
to -1 and 1.
"""

from __future__ import annotations

from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator

from clickwright.rl.advantages.columns import Floats
from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.forms.base import FORMS, Values


@FORMS.register("clip")
class Clip:
    """Values within bounds."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            low: Least reward.
            high: Greatest reward.
        """

        low: Annotated[float, Field(allow_inf_nan=False)] = -1.0
        high: Annotated[float, Field(allow_inf_nan=False)] = 1.0

        @model_validator(mode="after")
        def _ordered(self) -> Self:
            if self.low >= self.high:
                raise ValueError(f"low = {self.low} is not below high = {self.high}")
            return self

    of_states = False

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, values: Values) -> Floats:
        """The bounded values; 0 where there is none."""
        return np.nan_to_num(np.clip(values.value, self.options.low, self.options.high), nan=0.0)
