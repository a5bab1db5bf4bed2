"""GSPO: one ratio for a whole sequence, the geometric mean of its tokens' ratios, clipped as one.

    s = exp(mean_t log(pi(t) / pi_old(t)))
    L = max(-A * s, -A * clip(s, 1 - clip_low, 1 + clip_high))        for every token of the sequence

A sequence is the completion of one step, or (``sequence = "episode"``) all completions of an episode.

Source: Zheng et al., GSPO (arXiv 2507.18071), Eq. 5 and 7; ranges 3e-4 and 4e-4 from its section 5.
Unchecked: the equation numbers and the two ranges are from memory.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from pydantic import Field

from clickwright.rl.losses.aggregate import Aggregation
from clickwright.rl.losses.base import LOSSES, Tokens, Unit, placed
from clickwright.rl.losses.ppo import clipped
from clickwright.rl.losses.ratio import RatioLoss, RatioOptions, exp
from clickwright.rl.losses.sums import means_by


@LOSSES.register("gspo")
class Gspo(RatioLoss):
    """Clipped policy gradient with one ratio per sequence."""

    class Options(RatioOptions):
        """Settings.

        Attributes:
            sequence: What shares a ratio: a ``step`` or an ``episode``.
            clip_low: How far the ratio may fall below 1.
            clip_high: How far it may rise above 1.
        """

        sequence: Literal["step", "episode"] = "step"
        clip_low: Annotated[float, Field(gt=0.0, le=1.0)] = 3e-4
        clip_high: Annotated[float, Field(gt=0.0)] = 4e-4
        aggregation: Aggregation = Aggregation.SEQ_MEAN_TOKEN_MEAN

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        self.options = options
        self.unit = Unit.EPISODE if options.sequence == "episode" else Unit.ROW

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """The clipped objective of each token's sequence."""
        places = placed(tokens)
        sequence = places.episode if self.options.sequence == "episode" else places.row
        ratio = exp(means_by(log_ratio, sequence))[sequence]
        return clipped(ratio, tokens.advantages, self.options.clip_low, self.options.clip_high, sums)
