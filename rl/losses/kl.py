"""Distance from the reference policy, estimated from the sampled tokens, and a coefficient that keeps it on target."""

from __future__ import annotations

from collections.abc import Callable

import torch

MAX_LOG_RATIO = 20.0
"""Log-ratios are cut here before they are exponentiated, so that one impossible token cannot overflow a batch."""


def k1(logprobs: torch.Tensor, ref_logprobs: torch.Tensor) -> torch.Tensor:
    """Unbiased estimate of KL(policy || reference) per token, of either sign.

    ``log policy - log reference``. As a term of a loss its gradient is zero in expectation, so it measures and does not
    hold: use k2 or k3 to hold.

    Source: Schulman, "Approximating KL divergence" (k1).
    """
    return (logprobs - ref_logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)


def k2(logprobs: torch.Tensor, ref_logprobs: torch.Tensor) -> torch.Tensor:
    """Biased, non-negative estimate of low variance whose gradient is that of the KL divergence.

    ``(log policy - log reference)^2 / 2``.

    Source: Schulman, "Approximating KL divergence" (k2).
    """
    return 0.5 * k1(logprobs, ref_logprobs) ** 2


def k3(logprobs: torch.Tensor, ref_logprobs: torch.Tensor) -> torch.Tensor:
    """Unbiased, non-negative estimate of KL(policy || reference) per token.

    ``exp(d) - d - 1`` with ``d = log reference - log policy``.

    Source: Schulman, "Approximating KL divergence" (k3).

    Example:
        >>> round(float(k3(torch.log(torch.tensor(0.25)), torch.log(torch.tensor(0.5)))), 6)
        0.306853
    """
    difference = (ref_logprobs - logprobs).clamp(-MAX_LOG_RATIO, MAX_LOG_RATIO)
    return torch.exp(difference) - difference - 1.0


DISTANCES: dict[str, Callable[[torch.Tensor, torch.Tensor], torch.Tensor]] = {"k1": k1, "k2": k2, "k3": k3}


def adapted(coefficient: float, *, measured: float, target: float, rate: float) -> float:
    """A coefficient that rises while the measured distance is over the target, and falls while it is under it.

    ``coefficient * (1 + rate * clip(measured / target - 1, -0.2, 0.2))``.

    Source: Ziegler et al., "Fine-Tuning Language Models from Human Preferences" (arXiv 1909.08593), section 2.2.

    Example:
        >>> round(adapted(1.0, measured=9.0, target=6.0, rate=0.1), 3)
        1.02
    """
    error = min(max(measured / target - 1.0, -0.2), 0.2)
    return coefficient * (1.0 + rate * error)
