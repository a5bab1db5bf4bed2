"""Which models say the same of a tree of rows as of the rows alone."""

from __future__ import annotations

import inspect
from typing import Any
from weakref import WeakKeyDictionary

import torch

from clickwright.rl.batching import Row, logits_of, micro_batches
from clickwright.rl.prefix_tree import grow, reads_of, sorted_rows
from clickwright.rl.tree_batches import tree_batches

_PROVEN: WeakKeyDictionary[torch.nn.Module, bool] = WeakKeyDictionary()
_TRIAL = (
    Row(prompt_ids=(1, 2, 0, 1), completion_ids=(0, 2, 1)),
    Row(prompt_ids=(1, 2, 0, 1), completion_ids=(2, 2, 0, 1)),
    Row(prompt_ids=(1, 2), completion_ids=(2, 1)),
)


def can_share(model: torch.nn.Module) -> bool:
    """Whether a model says the same of a tree of rows as of the rows alone.

    Every token of it must look at all tokens before and at nothing else, through a mask and positions that are given.
    Then it is tried on three short rows, once. Dropout would hit what is shared once for all rows, so a model that
    drops does not share.
    """
    if not _looks_at_all_before(model) or _drops(model):
        return False
    if model not in _PROVEN:
        _PROVEN[model] = _agrees(model)
    return _PROVEN[model]


def _looks_at_all_before(model: torch.nn.Module) -> bool:
    config: Any = getattr(model, "config", None)
    if getattr(config, "_attn_implementation", None) not in ("sdpa", "eager"):
        return False
    text = config.get_text_config(decoder=True)
    kinds = getattr(text, "layer_types", None)
    window = None if kinds else getattr(text, "sliding_window", None)
    return (
        set(kinds or ["full_attention"]) == {"full_attention"}
        and window is None
        and not getattr(text, "is_encoder_decoder", False)
        and not getattr(model, "_is_stateful", False)
        and getattr(model, "_supports_attention_backend", False) is True
        and {"attention_mask", "position_ids", "logits_to_keep"} <= set(inspect.signature(model.forward).parameters)
    )


def _drops(model: torch.nn.Module) -> bool:
    if not model.training:
        return False
    config: Any = model.config
    settings = config.get_text_config(decoder=True).to_dict()
    rates = [value for name, value in settings.items() if "dropout" in name and isinstance(value, float)]
    return any(rates) or any(isinstance(part, torch.nn.Dropout) and part.p > 0 for part in model.modules())


def _agrees(model: torch.nn.Module) -> bool:
    budget = 1_000
    apart = micro_batches(_TRIAL, max_tokens=budget)
    reads = reads_of(_TRIAL)
    together = tree_batches(_TRIAL, [grow(sorted_rows(reads), reads)], max_tokens=budget)
    said: list[torch.Tensor] = []
    with torch.no_grad():
        for (batch,) in (apart, together):
            try:
                logits = logits_of(model, batch)
            except (RuntimeError, ValueError, TypeError, IndexError):  # how a model refuses a mask it does not take
                return False
            said.append(logits[batch.predictor[batch.tokens.argsort()].to(logits.device)])
    one, other = said
    # Parts of a model in double precision may still compute in single precision.
    precision = max(torch.finfo(one.dtype).eps, torch.finfo(torch.float32).eps)
    tolerance = 20 * precision * (1 + float(one.abs().max()))
    return float((one - other).abs().max()) <= tolerance
