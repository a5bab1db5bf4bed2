"""Lopti: tokens that were improbable are trained first, in an optimiser step of their own, the others after them.

    pass 1: PPO over the tokens with pi_old < eta          pass 2: PPO over the rest

Each pass counts its tokens as they would count in one pass over all, and leaves out the KL and entropy terms of the
others too. It doubles the optimiser steps and the time of an update. With the ``probability`` multiplier at alpha 0.3
it is AR + Lopti.

Source: Yang et al., "Do Not Let Low-Probability Tokens Over-Dominate in RL for LLMs" (arXiv 2505.12929);
zhyang2226/AR-Lopti ``verl/trainer/ppo/ray_trainer.py`` (eta 0.5).
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clickwright.rl.losses.base import LOSSES
from clickwright.rl.losses.ppo import Ppo


@LOSSES.register("lopti")
class Lopti(Ppo):
    """PPO in two passes, improbable tokens first."""

    class Options(Ppo.Options):
        """Settings.

        Attributes:
            eta: Probability under which a token is of the first pass.
        """

        eta: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.5

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.split_probability = options.eta
