"""From trees of rows to tensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from clickwright.rl.batching import MicroBatch, Row, cut, token_offsets
from clickwright.rl.prefix_tree import Ids, Links, Tree


def tree_batches(rows: Sequence[Row], trees: Sequence[Tree], *, max_tokens: int) -> list[MicroBatch]:
    """Cut trees into micro-batches of at most ``max_tokens`` padded tokens, a wider tree standing alone."""
    offsets = token_offsets(rows).tolist()
    ordered = sorted(trees, key=lambda tree: tree.num_tokens)
    parts = cut([tree.num_tokens for tree in ordered], max_tokens=max_tokens)
    return [_tree_batch(rows, ordered[part], offsets) for part in parts]


def _tree_batch(rows: Sequence[Row], trees: Sequence[Tree], offsets: Sequence[int]) -> MicroBatch:
    width = max(tree.num_tokens for tree in trees)
    ids, depth = (np.zeros((len(trees), width), dtype=np.int64) for _ in range(2))
    # A column of padding has a number of its own, and nothing below it but itself.
    number = np.tile(np.arange(width), (len(trees), 1))
    end = number + 1
    line, column, predictor, tokens, targets = list[Ids](), list[Ids](), list[Ids](), list[Ids](), list[int]()
    num_predictors = 0
    for place, tree in enumerate(trees):
        places: list[Ids] = []
        for row_number, path in zip(tree.rows, tree.paths, strict=True):
            row = rows[row_number]
            places.append(path[len(row.prompt_ids) - 1 :])
            tokens.append(np.arange(offsets[row_number], offsets[row_number + 1]))
            targets.extend(row.completion_ids)
        asked, which = np.unique(np.concatenate(places), return_inverse=True)
        # Position and mask say where a token stands, so those that predict may lie in the first columns, and the
        # logits of a batch of trees have next to no padding.
        order = np.concatenate([asked, np.setdiff1d(np.arange(tree.num_tokens), asked)])
        size = tree.num_tokens
        ids[place, :size], depth[place, :size] = tree.ids[order], tree.depth[order]
        number[place, :size], end[place, :size] = order, tree.end[order]
        line.append(np.full(len(asked), place))
        column.append(np.arange(len(asked)))
        predictor.append(which.reshape(-1) + num_predictors)
        num_predictors += len(asked)
    return MicroBatch(
        input_ids=torch.from_numpy(ids),
        keep=torch.arange(max(map(len, column))),
        line=torch.from_numpy(np.concatenate(line)),
        column=torch.from_numpy(np.concatenate(column)),
        predictor=torch.from_numpy(np.concatenate(predictor)),
        targets=torch.tensor(targets, dtype=torch.long),
        tokens=torch.from_numpy(np.concatenate(tokens)),
        num_read=sum(tree.num_tokens for tree in trees),
        links=Links(depth=torch.from_numpy(depth), number=torch.from_numpy(number), end=torch.from_numpy(end)),
    )
