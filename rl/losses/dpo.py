"""Direct preference optimisation, with label smoothing and an anchor on the better completion.

    h    = (log pi(chosen) - log ref(chosen)) - (log pi(rejected) - log ref(rejected))
    L    = -(1 - s) * log sigmoid(beta * h) - s * log sigmoid(-beta * h)
    L   += nll_coef * -log pi(chosen) / len(chosen)
    loss = mean over pairs of L

``s`` is the share of labels taken to be wrong. Without the last term the probability of both completions may fall.
Sources: Rafailov et al., DPO (arXiv 2305.18290), Eq. 7; smoothing: Mitchell, "A note on DPO with noisy preferences";
the last term: Pang et al., Iterative Reasoning Preference Optimization (arXiv 2404.19733), Eq. 3.
"""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch.nn.functional import logsigmoid

from clickwright.rl.losses.base import LossOutput
from clickwright.rl.losses.pairs import PREFERENCE_LOSSES, PairScores
from clickwright.rl.registry import Options as PluginOptions


@PREFERENCE_LOSSES.register("dpo")
class Dpo:
    """Sigmoid preference loss against reference weights."""

    class Options(PluginOptions):
        """Settings.

        Attributes:
            beta: How much a difference of log-probabilities counts; larger stays nearer to the reference.
            label_smoothing: Share of the pairs taken to be the wrong way round.
            nll_coef: Weight of the negative log-likelihood per token of the better completion.
        """

        beta: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] = 0.1
        label_smoothing: Annotated[float, Field(ge=0.0, lt=0.5)] = 0.0
        nll_coef: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.0

    stage = None

    def __init__(self, options: Options) -> None:
        self.options = options

    def __call__(self, pairs: PairScores) -> LossOutput:
        """Evaluate the objective."""
        options = self.options
        better, worse = pairs.chosen - pairs.ref_chosen, pairs.rejected - pairs.ref_rejected
        margin = options.beta * (better - worse)
        smooth = options.label_smoothing
        per_pair = -(1.0 - smooth) * logsigmoid(margin) - smooth * logsigmoid(-margin)
        nll = -pairs.chosen / pairs.chosen_length.clamp(min=1)
        if options.nll_coef:
            per_pair = per_pair + options.nll_coef * nll
        sums = {
            "accuracy": (margin > 0).sum(),
            "margin": margin.detach().sum(),
            "chosen_reward": options.beta * better.detach().sum(),
            "rejected_reward": options.beta * worse.detach().sum(),
            "chosen_nll": nll.detach().sum(),
        }
        return LossOutput(loss=torch.dot(pairs.weight, per_pair), sums=sums)
