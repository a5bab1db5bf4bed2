"""What the losses share that multiply advantages by a ratio: KL, entropy, mismatch, aggregation, measurements.

    loss = sum_token weight * (c * L + kl_coef * KL - entropy_coef * H)

``L`` is the loss's own; ``c`` is 1, or the weight of a mismatch correction. With ``kl_target`` the coefficient is
adapted after every update, so that the measured KL per token settles there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

import torch
from pydantic import Field, model_validator

from clickwright.rl.losses.aggregate import Aggregation
from clickwright.rl.losses.base import LossOutput, Plain, Tokens, placed
from clickwright.rl.losses.kl import DISTANCES, MAX_LOG_RATIO, adapted
from clickwright.rl.losses.mismatch import CORRECTIONS, USUAL_CAP, USUAL_FLOOR
from clickwright.rl.registry import Options as PluginOptions

KL_RATE = 0.1
"""How fast an adaptive coefficient moves (``K_beta`` of Ziegler et al.)."""


class RatioOptions(PluginOptions):
    """Settings.

    Attributes:
        kl_coef: Weight of the distance to the reference policy; 0 needs no reference.
        kl: Estimator of that distance: ``k1``, ``k2`` or ``k3``.
        kl_target: Distance per token that the coefficient is adapted to reach; 0 leaves it as it is.
        entropy_coef: Weight of the entropy bonus.
        mismatch: Correction for what sampler and trainer disagree by: ``none``, ``tis``, ``icepop`` or
            ``sequence_mask``. It costs one more forward pass per update.
        mismatch_cap: Largest weight; 0 takes the usual one, 2 or (``sequence_mask``) 3.
        mismatch_floor: Smallest weight that ``icepop`` lets through; 0 takes the usual 0.5.
        aggregation: How token losses become one number.
        constant_length: Length that ``constant`` divides by, and only it reads.
    """

    kl_coef: Annotated[float, Field(ge=0.0)] = 0.0
    kl: Literal["k1", "k2", "k3"] = "k3"
    kl_target: Annotated[float, Field(ge=0.0)] = 0.0
    entropy_coef: Annotated[float, Field(ge=0.0)] = 0.0
    mismatch: Literal["none", "tis", "icepop", "sequence_mask"] = "none"
    mismatch_cap: Annotated[float, Field(ge=0.0)] = 0.0
    mismatch_floor: Annotated[float, Field(ge=0.0)] = 0.0
    aggregation: Aggregation = Aggregation.TOKEN_MEAN
    constant_length: Annotated[int, Field(ge=0)] = 0

    @model_validator(mode="after")
    def _read(self) -> Self:
        if (self.aggregation is Aggregation.CONSTANT) != (self.constant_length > 0):
            raise ValueError("constant_length is read by aggregation = 'constant' and by no other: give both or none")
        if self.mismatch == "none" and self.mismatch_cap:
            raise ValueError("mismatch_cap bounds the weights of a mismatch correction, and mismatch is 'none'")
        if self.mismatch != "icepop" and self.mismatch_floor:
            raise ValueError("mismatch_floor is read by mismatch = 'icepop' and by no other")
        if not self.kl_coef and (self.kl_target or self.kl != "k3"):
            raise ValueError("kl and kl_target are read where kl_coef is above 0")
        return self


class RatioLoss(Plain):
    """A loss over ``log pi - log pi_old``; a subclass says what it makes of a token."""

    def __init__(self, options: RatioOptions) -> None:
        self.common = options
        self.aggregation = options.aggregation
        self.constant_length = options.constant_length
        self.kl_coef = options.kl_coef
        self.needs_reference = options.kl_coef > 0
        self.needs_entropy = options.entropy_coef > 0
        self.needs_recomputed = options.mismatch != "none"

    def surrogate(self, tokens: Tokens, log_ratio: torch.Tensor, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        """``L`` of each token; adds what it measured to ``sums``."""
        raise TypeError(f"{type(self).__name__} has no surrogate")

    def __call__(self, tokens: Tokens) -> LossOutput:
        """Evaluate the objective."""
        options = self.common
        sums: dict[str, torch.Tensor] = {}
        if not self.imitates and tokens.places is not None and bool(tokens.places.demonstrated.any()):
            raise ValueError("there are demonstrations among the rows, and this loss has no use for them: take uft")
        log_ratio = tokens.logprobs - tokens.old_logprobs
        per_token = self.surrogate(tokens, log_ratio, sums)
        if options.mismatch != "none":
            per_token = self._correction(tokens, sums) * per_token
        sums["ratio"] = exp(log_ratio).detach().sum()
        # k3 with the sampling weights as reference: how far the update has moved from the policy that acted.
        sums["kl_old"] = (exp(-log_ratio) + log_ratio - 1.0).detach().sum()
        if self.needs_entropy:
            per_token = per_token - options.entropy_coef * tokens.entropy
        if self.needs_reference:
            if tokens.ref_logprobs is None:
                raise ValueError("kl_coef > 0 needs ref_logprobs")
            distance = DISTANCES[options.kl](tokens.logprobs, tokens.ref_logprobs)
            per_token = per_token + self.kl_coef * distance
            sums["kl_ref"] = distance.detach().sum()
        sums["entropy"] = tokens.entropy.detach().sum()
        return LossOutput(loss=(tokens.weights * per_token).sum(), sums=sums)

    def adapt(self, measured: Mapping[str, float]) -> None:
        """Move the KL coefficient towards the target distance."""
        if self.common.kl_target and "kl_ref" in measured:
            self.kl_coef = adapted(
                self.kl_coef, measured=measured["kl_ref"], target=self.common.kl_target, rate=KL_RATE
            )

    def state(self) -> dict[str, float]:
        """The KL coefficient, when it is adapted."""
        return {"kl_coef": self.kl_coef} if self.common.kl_target else {}

    def restore(self, state: Mapping[str, float]) -> None:
        """Put the KL coefficient back."""
        self.kl_coef = state.get("kl_coef", self.kl_coef)

    def _correction(self, tokens: Tokens, sums: dict[str, torch.Tensor]) -> torch.Tensor:
        options = self.common
        if tokens.sampled_logprobs is None:
            raise ValueError(f"mismatch = {options.mismatch!r} needs sampled_logprobs")
        weight = CORRECTIONS[options.mismatch](
            (tokens.old_logprobs - tokens.sampled_logprobs).detach(),
            placed(tokens).row,
            cap=options.mismatch_cap or USUAL_CAP[options.mismatch],
            floor=options.mismatch_floor or USUAL_FLOOR,
        )
        sums["mismatch_weight"] = weight.sum()
        sums["mismatch_dropped"] = (weight == 0).sum()
        return weight


def exp(log_ratio: torch.Tensor) -> torch.Tensor:
    """A ratio from its logarithm, bounded."""
    return torch.exp(log_ratio.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO))
