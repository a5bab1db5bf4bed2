"""Corrections for what sampler and trainer disagree by: a fixed weight on each token's policy gradient.

    w_t = exp(log pi_trainer(t) - log pi_sampler(t)),   both under the weights that sampled

Only where the sampler reports probabilities of the whole distribution: with top-p or top-k its numbers are too large by
one over the kept mass, and every ratio is wrong by that.
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from clickwright.rl.losses.kl import MAX_LOG_RATIO
from clickwright.rl.losses.sums import sums_by

Correction = Callable[..., torch.Tensor]
"""Log-ratios and the row of each token to weights; ``cap`` and ``floor`` bound them."""


def tis(log_ratio: torch.Tensor, row: torch.Tensor, *, cap: float, floor: float) -> torch.Tensor:
    """Truncated importance sampling: ``min(w, cap)``, token by token.

    Source: Yao et al., "Your Efficient RL Framework Secretly Brings You Off-Policy RL Training" (2025); verl PR #2953.
    """
    return _ratio(log_ratio).clamp(max=cap)


def icepop(log_ratio: torch.Tensor, row: torch.Tensor, *, cap: float, floor: float) -> torch.Tensor:
    """Tokens outside ``[floor, cap]`` are left out; inside, they count ``w``.

    Source: Ling Team, "Every Step Evolves" (arXiv 2510.18855); THUDM/slime.
    """
    ratio = _ratio(log_ratio)
    return torch.where((ratio >= floor) & (ratio <= cap), ratio, torch.zeros_like(ratio))


def sequence_mask(log_ratio: torch.Tensor, row: torch.Tensor, *, cap: float, floor: float) -> torch.Tensor:
    """Rows whose product of ratios is over ``cap`` are left out; the others count that product.

    Source: huggingface/trl ``GRPOTrainer``, ``vllm_importance_sampling_mode = "sequence_mask"``.
    """
    whole = sums_by(log_ratio, row)[row]
    ratio = _ratio(whole)
    return torch.where(ratio <= cap, ratio, torch.zeros_like(ratio))


CORRECTIONS: dict[str, Correction] = {"icepop": icepop, "sequence_mask": sequence_mask, "tis": tis}
USUAL_CAP = {"icepop": 2.0, "sequence_mask": 3.0, "tis": 2.0}
USUAL_FLOOR = 0.5


def _ratio(log_ratio: torch.Tensor) -> torch.Tensor:
    return torch.exp(log_ratio.clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO))
