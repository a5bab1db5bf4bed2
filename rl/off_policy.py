"""Rows that older weights sampled, made fit for an update of the present ones.

    rho_t = pi_now(t) / pi_then(t),   both of the token as it was sampled; pi_then is on record with it
    none        pi_old := pi_now                            the ratio of the loss begins at 1, as in the released ARPO
    truncated   pi_old := pi_now,   A_t := A_t * min(cap, rho_t)
    mask        pi_old := pi_now,   A_t := A_t * rho_t within [low, high], 0 outside

It is done once, before the first optimiser step of an iteration: pi_now are the weights that rolled out. After that
the loss clips how far the update itself goes, in every pass and minibatch, which is what its pi_old is for. Every
policy loss multiplies by the advantage, so weighing that is weighing its term of the token; the distance to a reference
and the entropy are not weighed. The corrections are those of ``losses/mismatch.py``: for an older row, what sampler and
trainer disagree by is part of rho, and a mismatch correction of the loss finds nothing left to correct.

A dropped token counts in the normaliser of the batch, as one does that a mismatch correction drops. Rows of age 0 are
handed on as they are.

Source: truncation: Ionides (2008); Espeholt et al., IMPALA (arXiv 1802.01561); mask: Ling Team (arXiv 2510.18855).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from clickwright.rl.batching import Row, token_offsets
from clickwright.rl.losses import Loss
from clickwright.rl.losses.mismatch import CORRECTIONS
from clickwright.rl.reading import Reader, UpdatePlan
from clickwright.rl.replay_sections import OffPolicy


def corrected(
    model: torch.nn.Module, rows: Sequence[Row], loss: Loss, *, section: OffPolicy, plan: UpdatePlan
) -> tuple[list[Row], dict[str, float]]:
    """Give rows that older weights sampled the log-probabilities of the present ones, and their tokens a weight.

    Args:
        model: The weights as they rolled out this iteration, about to be trained.
        rows: The batch.
        loss: What is going to be optimised.
        section: What to do.
        plan: How the batch is read.

    Returns:
        The rows in their order, and what was measured on the older ones; nothing where there are none.
    """
    places = [place for place, row in enumerate(rows) if row.age > 0 and row.old_logprobs]
    if not places:
        return list(rows), {}
    older = [rows[place] for place in places]
    now = Reader(model, None, loss, plan=plan).logprobs_of(older)
    then = torch.tensor([value for row in older for value in row.old_logprobs])
    log_ratio = torch.cat(now) - then
    lengths = token_offsets(older).diff()
    weight = weights(log_ratio, torch.repeat_interleave(torch.arange(len(older)), lengths), section)
    result = list(rows)
    for place, logprobs, own in zip(places, now, weight.split(lengths.tolist()), strict=True):
        row = rows[place]
        result[place] = replace(row, old_logprobs=tuple(logprobs.tolist()))
        if section.correction != "none":
            credit = row.advantages or (row.advantage,) * len(row.completion_ids)
            weighed = tuple(a * w for a, w in zip(credit, own.tolist(), strict=True))
            result[place] = replace(result[place], advantages=weighed)
    ages = [row.age for row in older]
    measured = {
        "off_policy_share": len(older) / len(rows),
        "off_policy_age": sum(ages) / len(ages),
        "off_policy_kl": float(-log_ratio.mean()),
        "off_policy_weight": float(weight.mean()),
        "off_policy_dropped": float((weight == 0).float().mean()),
        "off_policy_ess": float(weight.sum() ** 2 / (weight**2).sum().clamp(min=1e-12) / len(weight)),
    }
    return result, measured


def weights(log_ratio: torch.Tensor, row: torch.Tensor, section: OffPolicy) -> torch.Tensor:
    """What each token of older rows counts.

    Example:
        >>> ratio, row = torch.tensor([0.4, 1.5, 3.0]), torch.zeros(3, dtype=torch.long)
        >>> weights(ratio.log(), row, OffPolicy(correction="truncated")).round(decimals=4).tolist()
        [0.4000000059604645, 1.5, 2.0]
        >>> weights(ratio.log(), row, OffPolicy(correction="mask")).round(decimals=4).tolist()
        [0.0, 1.5, 0.0]

    Args:
        log_ratio: ``log pi_now - log pi_then`` of each token, ``[num_tokens]``.
        row: Row of each token.
        section: Which correction, and its bounds.
    """
    if section.correction == "none":
        return torch.ones_like(log_ratio)
    if section.correction == "truncated":
        return CORRECTIONS["tis"](log_ratio, row, cap=section.cap, floor=0.0)
    return CORRECTIONS["icepop"](log_ratio, row, cap=section.high, floor=section.low)
