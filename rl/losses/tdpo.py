"""T-DPO: preference optimisation of one stage of an answer, its thought or its action, and of nothing else.

    h = sum over the tokens of the stage of [log pi - log ref](chosen)  -  the same of (rejected)
    L = -(1 - s) * log sigmoid(beta * h) - s * log sigmoid(-beta * h)

Two answers to one prompt whose actions differ in worth are compared by their thoughts alone (``stage = "thought"``), or
by their actions (``stage = "action"``). Pairs by ``return`` carry the worth of what followed back to the answer, as the
mean over the group's tries; ``min_gap`` is the gap of value that a pair must have. A pair of which one side has no such
stage, or both say the same in it, is left out and counted.

Source: MobileIPL, iterative preference learning for mobile agents (2025), thinking-level DPO over a tree of thoughts.
Unchecked: taken from a summary; there the tree branches at every stage, here whole answers are sampled.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clickwright.agents.codecs.turn import Part
from clickwright.rl.losses.base import LossOutput
from clickwright.rl.losses.dpo import Dpo
from clickwright.rl.losses.pairs import PREFERENCE_LOSSES, PairScores
from clickwright.rl.registry import Options as PluginOptions


@PREFERENCE_LOSSES.register("tdpo")
class Tdpo:
    """Sigmoid preference loss on the thoughts of two answers, or on their actions."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            stage: The part of an answer that is compared.
            beta: How much a difference of log-probabilities counts; larger stays nearer to the reference.
            label_smoothing: Share of the pairs taken to be the wrong way round.
        """

        stage: Part = Part.THOUGHT
        beta: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 0.1
        label_smoothing: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.0

    def __init__(self, options: Options) -> None:
        self.options = options
        self._dpo = Dpo(Dpo.Options(beta=options.beta, label_smoothing=options.label_smoothing))

    @property
    def stage(self) -> Part:
        """The tokens that count."""
        return self.options.stage

    def __call__(self, pairs: PairScores) -> LossOutput:
        """Evaluate the objective."""
        return self._dpo(pairs)
