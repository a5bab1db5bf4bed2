"""Rewards inside a group, likeness, pairs, sub-goals: by hand, against brute force, and where there is nothing."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clickwright.rl.rewards.formulas.assign import best_pairs, greedy_pairs
from clickwright.rl.rewards.formulas.groups import (
    cluster_probability,
    cost_penalty,
    majority,
    pairwise,
    relative_success,
    shortest_success,
)
from clickwright.rl.rewards.formulas.o2_searcher import (
    bullets,
    findings_f1,
    format_score,
    quantity,
    query_score,
    reward,
    variety,
)
from clickwright.rl.rewards.formulas.similarity import EMBEDDERS, cosines, counted, tfidf
from clickwright.rl.rewards.formulas.subgoals import Way, match


@pytest.mark.parametrize("rows", range(5))
@pytest.mark.parametrize("columns", range(5))
def test_best_pairs_are_those_of_brute_force(rows: int, columns: int) -> None:
    rng = np.random.default_rng(rows * 10 + columns)
    for _ in range(20):
        worth = rng.integers(-2, 5, (rows, columns)).astype(float)
        pairs = best_pairs(worth)
        assert (
            len(pairs) == min(rows, columns) == len({row for row, _ in pairs}) == len({column for _, column in pairs})
        )
        table = worth if rows <= columns else worth.T
        ways = permutations(range(table.shape[1]), table.shape[0])
        best = max((sum(table[row, column] for row, column in enumerate(way)) for way in ways), default=0.0)
        assert sum(worth[pair] for pair in pairs) == best


def test_greedy_pairs_take_what_is_left() -> None:
    worth = np.array([[2.0, 1.9], [1.0, 0.0]])
    assert greedy_pairs(worth) == [(0, 0)]
    assert greedy_pairs(np.zeros((0, 2))) == greedy_pairs(np.zeros((2, 0))) == []
    assert greedy_pairs(np.array([[1.0, 1.0]])) == [(0, 0)]


def test_many_pairs_take_no_time() -> None:
    worth = np.random.default_rng(0).random((256, 256))
    assert len(best_pairs(worth)) == 256


def test_shortest_success() -> None:
    assert shortest_success([True, True, False, True], [4, 3, 1, 3], bonus=0.2) == [0.0, 0.2, 0.0, 0.2]
    assert shortest_success([False, False], [1, 2]) == [0.0, 0.0]
    assert shortest_success([], []) == relative_success([], []) == []
    assert relative_success([True, True, False], [0, 4, 1]) == [1.0, 0.0, 0.0]
    assert relative_success([True], [3]) == [1.0]


def test_the_length_penalty_of_prime_rl() -> None:
    """With weight 0.25 the reference's r' come out, and their centred values."""
    scores = [1.0, 1.0, 0.0, 0.0]
    penalised = np.array(scores) + 0.25 * np.array(cost_penalty(scores, [100, 200, 50, 100]))
    assert penalised == pytest.approx([0.9375, 0.875, -0.03125, -0.0625])
    assert penalised - penalised.mean() == pytest.approx([0.507813, 0.445313, -0.460938, -0.492188], abs=1e-6)
    assert cost_penalty([], []) == []
    assert cost_penalty([1.0], [0.0]) == [0.0]


def test_pairwise() -> None:
    # b beats a; both beat c and d, of which neither beats the other
    assert pairwise([1.0, 1.0, 0.0, 0.0], [5, 3, 1, 9]) == pytest.approx([1 / 3, 1.0, -2 / 3, -2 / 3])
    assert pairwise([1.0, 1.0], [3, 3]) == pairwise([0.0, 0.0], [1, 2]) == [0.0, 0.0]
    assert pairwise([1.0], [1]) == [0.0]
    assert pairwise([], []) == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5)), min_size=2, max_size=8))
def test_pairwise_is_a_game_that_gives_nothing_away(members: list[tuple[bool, int]]) -> None:
    found = pairwise([float(good) for good, _ in members], [cost for _, cost in members])
    assert sum(found) == pytest.approx(0.0, abs=1e-9)
    assert all(-1.0 <= one <= 1.0 for one in found)


def test_majority_and_clusters() -> None:
    assert majority(["a", "", "a", "b"]) == [1.0, 0.0, 1.0, 0.0]
    assert majority(["", ""]) == majority(["a", "b"]) == [0.0, 0.0]
    assert majority(["b", "a"], ties_count=True) == [1.0, 0.0]
    assert majority([]) == cluster_probability([]) == []
    assert cluster_probability(["a", "a", "b", "c"]) == [0.5, 0.5, 0.25, 0.25]
    # H = 1.0397 of ln 4 = 1.3863: 75 %
    assert cluster_probability(["a", "a", "b", "c"], most_entropy=0.7) == [0.0] * 4
    assert cluster_probability(["a", "b", "c"]) == [0.0] * 3
    assert cluster_probability(["a", "a"]) == [1.0, 1.0]
    assert cluster_probability(["a"]) == [0.0], "one alone agrees with nobody"


def test_subgoals() -> None:
    expert = ["a", "b", "c", "d"]
    assert match(expert, expert) == match(expert, expert, way=Way.PREFIX) == 1.0
    assert match(["d", "c", "b", "a"], expert) == 0.25
    assert match(["b", "c", "d"], expert) == 0.75
    assert match(["b", "c", "d"], expert, way=Way.PREFIX) == 0.0
    assert match(["a", "x", "b"], expert, way=Way.PREFIX) == 0.5
    assert match([], expert) == 0.0
    assert match([], []) == 1.0


def test_likeness_by_hand() -> None:
    found = cosines(counted, ["red door", "", "Red red door"], ["red door"])
    assert found[:, 0] == pytest.approx([1.0, 0.0, 3 / np.sqrt(10)])
    # idf of "door" (both) is 1, of the others ln(3/2) + 1
    rare = np.log(1.5) + 1.0
    one, other = tfidf(["red door", "blue door"])
    assert one @ other == pytest.approx(1.0 / (1.0 + rare**2))
    for embed in EMBEDDERS.values():
        assert cosines(embed, [], []).shape == (0, 0)
        assert cosines(embed, ["!"], ["?"]).tolist() == [[0.0]]


def test_o2_form() -> None:
    ten = "\n".join(
        f"- {word} {word}s here{number}" for number, word in enumerate("aa bb cc dd ee ff gg hh ii jj".split())
    )
    assert format_score(ten) == pytest.approx(1.0)
    assert format_score(ten.replace("- aa", "aa")) < format_score(ten)
    assert format_score("") == format_score(" and ") == 0.0
    assert format_score("no bullets") == 0.0
    # 2 bullets that are one: 0.5 + 0.06 + 0 over 1.3, less 3 * 0.5
    assert format_score("- one thing\n- one thing") == 0.0
    assert format_score("- one thing") == pytest.approx((0.5 + 0.03 + 0.5) / 1.3)
    assert bullets("- a\nb\n-\n- ") == (["a"], 0.25)


def test_o2_variety() -> None:
    assert variety([]) == variety(["one"]) == 1.0
    assert variety(["red door", "blue window"]) == 1.0
    assert variety(["red door", "red door"]) == 0.0
    # two pairs of likeness 0, one of s: 0.5 s + 0.6 * (0 or 1/3) + 0.2 * s / 3
    one, other, _ = tfidf(["red door", "blue door", "xx yy"])
    s = float(one @ other)
    assert s < 0.6
    assert variety(["red door", "blue door", "xx yy"]) == pytest.approx(1 - (0.5 * s + 0.2 * s / 3) ** 1.5)


def test_o2_findings() -> None:
    likeness = np.array([[0.9, 0.8], [0.1, 0.76]])
    assert findings_f1(likeness) == 1.0
    # the release: reference 1 keeps finding 0 (0.8) alone, which reference 0 takes
    assert findings_f1(likeness, nearest_only=True) == 0.5
    assert findings_f1(likeness, threshold=0.85) == 0.5
    assert findings_f1(np.zeros((2, 3))) == findings_f1(np.zeros((0, 3))) == findings_f1(np.zeros((3, 0))) == 0.0
    assert findings_f1(np.array([[0.9], [0.9], [0.9]])) == pytest.approx(0.5)


def test_o2_queries() -> None:
    assert [quantity(n) for n in (1, 5, 6, 15, 20)] == pytest.approx([0.5, 0.5, 0.55, 1.0, 0.8])
    assert query_score(["one"]) == query_score([]) == 0.0
    assert query_score(["same query here"] * 3) == pytest.approx(0.5 * 0.2**2)
    apart = ["a b c d e f", "g h i j k l"]
    assert query_score(apart) == pytest.approx(0.5)
    assert query_score(["a b", "c d"]) == pytest.approx(0.5 * 4 / 8)
    assert query_score([f"w{n}a w{n}b w{n}c w{n}d w{n}e w{n}f" for n in range(40)]) == pytest.approx(0.8)


def test_o2_as_a_whole() -> None:
    references = ["the red door opens at noon", "the blue door never opens"]
    found = reward("- the red door opens at noon\n- the blue door never opens", references, [])
    assert found["f1"] == 1.0
    assert found["queries"] == 0.0
    assert found["reward"] == pytest.approx(0.5 * (found["format"] + 1.0) / 2.5)
    assert reward("", references, []) == {"reward": 0.0, "format": 0.0, "f1": 0.0, "queries": 0.0}
    assert reward("- a thing", [], [])["f1"] == 0.0


@given(st.lists(st.text(max_size=60), max_size=6), st.lists(st.text(max_size=60), max_size=6))
def test_o2_of_any_texts(lines: list[str], others: list[str]) -> None:
    for embed in EMBEDDERS.values():
        terms = reward("\n".join(f"- {line}" for line in lines), others, others, embed=embed)
        assert all(0.0 <= term <= 1.0 + 1e-9 for term in terms.values())
