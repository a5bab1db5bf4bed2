"""Micro-batches in which rows that begin alike share what they have in common, where models allow it and it pays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from clickwright.rl.batching import MicroBatch, Row, micro_batches
from clickwright.rl.can_share import can_share
from clickwright.rl.prefix_tree import grow, plant, reads_of
from clickwright.rl.tree_batches import tree_batches


def lay_out(rows: Sequence[Row], *models: torch.nn.Module, max_tokens: int) -> list[MicroBatch]:
    """Micro-batches of at most ``max_tokens`` padded tokens, shared ones counted once; a longer row stands alone.

    Rows that share nothing worth it, and all rows where a model cannot share, lie as ``micro_batches`` lays them.

    Args:
        rows: The batch.
        *models: All that will read it.
        max_tokens: The budget.
    """
    if len(rows) < 2 or not all(can_share(model) for model in models):
        return micro_batches(rows, max_tokens=max_tokens)
    reads = reads_of(rows)
    planted = plant(reads, pair_cost=max(pair_cost(model) for model in models), max_tokens=max_tokens)
    alone = [tree[0] for tree in planted if len(tree) == 1]
    trees = [grow(tree, reads) for tree in planted if len(tree) > 1]
    return micro_batches(rows, max_tokens=max_tokens, only=alone) + tree_batches(rows, trees, max_tokens=max_tokens)


def shared_share(rows: Sequence[Row], batches: Sequence[MicroBatch]) -> float:
    """Which part of what the rows read need not be read, because it is read for another row."""
    return 1.0 - sum(batch.num_read for batch in batches) / max(sum(row.num_inputs for row in rows), 1)


def pair_cost(model: torch.nn.Module) -> float:
    """What attention costs per pair of tokens, in units of what everything else costs per token.

    A layer takes about ``12 width**2`` products per token (projections, and an MLP of four times the width), and its
    attention ``2 width`` per pair.
    """
    config: Any = model.config
    return 1.0 / (6.0 * int(config.get_text_config(decoder=True).hidden_size))
