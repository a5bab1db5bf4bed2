"""A tree holds every row, each token that rows have in common once, and lets a token look at what is above it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from clickwright.rl.prefix_tree import Links, common, grow, plant, sorted_rows


def reads(*rows: tuple[int, ...]) -> list[np.ndarray]:
    return [np.array(row, dtype=np.int64) for row in rows]


ODD = {
    "one row": [(5, 6, 7)],
    "one token": [(5,), (5,)],
    "duplicates": [(5, 6), (5, 6), (5, 6)],
    "one a prefix of another": [(5, 6, 7), (5,), (5, 6)],
    "nothing in common": [(5, 6), (7, 8), (9,)],
    "branches of branches": [(1, 2, 3, 4), (1, 2, 3, 5), (1, 2, 6), (1, 7), (1, 2, 3, 4, 8), (1, 7)],
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD.keys())
def test_every_path_reads_its_row_and_no_token_stands_twice(rows: list[tuple[int, ...]]) -> None:
    given = reads(*rows)
    tree = grow(sorted_rows(given), given)
    found = {row: tuple(tree.ids[path].tolist()) for row, path in zip(tree.rows, tree.paths, strict=True)}
    assert [found[row] for row in range(len(rows))] == rows
    for path in tree.paths:
        assert tree.depth[path].tolist() == list(range(len(path)))
    prefixes = {row[:stop] for row in rows for stop in range(1, len(row) + 1)}
    assert tree.num_tokens == len(prefixes)


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD.keys())
def test_a_token_looks_at_its_own_row_up_to_itself(rows: list[tuple[int, ...]]) -> None:
    given = reads(*rows)
    tree = grow(sorted_rows(given), given)
    one = {name: torch.from_numpy(getattr(tree, name))[None] for name in ("depth", "end")}
    links = Links(number=torch.arange(tree.num_tokens)[None], **one)
    mask = links.mask(torch.float64, torch.device("cpu"))
    assert mask.shape == (1, 1, tree.num_tokens, tree.num_tokens)
    expected = np.full((tree.num_tokens, tree.num_tokens), -np.inf)
    for path in tree.paths:
        for place, token in enumerate(path):
            expected[token, path[: place + 1]] = 0.0
    np.testing.assert_array_equal(mask[0, 0].numpy(), expected)


def test_rows_join_while_sharing_saves_more_than_attention_wastes() -> None:
    head = tuple(range(100))
    given = reads(*[(*head, *(1_000 + 100 * row + place for place in range(10))) for row in range(4)], (7,) * 50)
    assert plant(given, pair_cost=1e-3, max_tokens=1_000) == [(0, 1, 2, 3), (4,)]
    # 110 alone cost 110 + 0.1 * 110 * 55; beside one of 110, the other costs 10 + 0.1 * 10 * 230.
    assert plant(given, pair_cost=0.1, max_tokens=1_000)[0][:2] == (0, 1)
    # 110 alone cost 110 + 0.6 * 110 * 55; without a prefix in common they would cost more together.
    assert plant(reads((1,) * 110, (2,) * 110), pair_cost=0.6, max_tokens=1_000) == [(0,), (1,)]


def test_a_tree_keeps_to_the_budget_with_shared_tokens_counted_once() -> None:
    given = reads(*[(*range(100), 200 + row) for row in range(30)])
    trees = plant(given, pair_cost=1e-6, max_tokens=110)
    assert [len(tree) for tree in trees] == [10, 10, 10]
    assert all(grow(tree, given).num_tokens <= 110 for tree in trees)


def test_common_counts_from_the_front() -> None:
    pairs = [((1, 2), (1, 2)), ((1,), (1, 2)), ((1,), (2,)), ((1, 2, 3), (1, 4, 3))]
    assert [common(*reads(*pair)) for pair in pairs] == [2, 1, 0, 1]
