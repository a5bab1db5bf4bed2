"""pass@k, bootstraps and exact tests, against hand-made numbers and brute force."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from clickwright.errors import ConfigError
from clickwright.rl.statistics import Estimate, bootstrap, pass_at_k, sign_flip_test


@pytest.mark.parametrize(
    ("tries", "successes", "k", "expected"),
    [(1, 1, 1, 1.0), (1, 0, 1, 0.0), (4, 1, 2, 0.5), (10, 3, 5, 11 / 12), (5, 2, 1, 0.4), (8, 8, 3, 1.0)],
)
def test_worked_values_of_pass_at_k(tries: int, successes: int, k: int, expected: float) -> None:
    assert pass_at_k(tries, successes, k) == pytest.approx(expected, rel=1e-15)


def test_pass_at_k_is_the_share_of_subsets_with_a_success() -> None:
    for tries in range(1, 8):
        for successes in range(tries + 1):
            won = [place < successes for place in range(tries)]
            for k in range(1, tries + 1):
                subsets = [any(subset) for subset in itertools.combinations(won, k)]
                assert pass_at_k(tries, successes, k) == pytest.approx(sum(subsets) / len(subsets), rel=1e-14)


def test_pass_at_k_is_unbiased() -> None:
    """Over all outcomes of n coins that fall on success with chance p, its expectation is 1 - (1 - p)^k."""
    tries, chance = 9, 0.3
    for k in range(1, tries + 1):
        expectation = sum(
            math.comb(tries, c) * chance**c * (1 - chance) ** (tries - c) * pass_at_k(tries, c, k)
            for c in range(tries + 1)
        )
        assert expectation == pytest.approx(1 - (1 - chance) ** k, rel=1e-13)


def test_pass_at_k_is_exact_where_factorials_and_differences_of_floats_are_not() -> None:
    assert pass_at_k(10_000, 1, 5_000) == 0.5
    assert pass_at_k(100_000, 1, 1) == 1e-5
    assert pass_at_k(2_000, 1_999, 1_000) == 1.0
    assert 0.0 < pass_at_k(10**6, 1, 1) == 1e-6


@pytest.mark.parametrize(("tries", "successes", "k"), [(4, 1, 5), (4, 1, 0), (4, 5, 2), (4, -1, 2), (0, 0, 1)])
def test_pass_at_k_refuses_what_makes_no_sense(tries: int, successes: int, k: int) -> None:
    with pytest.raises(ConfigError, match="tries"):
        pass_at_k(tries, successes, k)


def test_intervals_of_the_bootstrap_cover_the_truth_as_often_as_they_say() -> None:
    """200 evaluations of 24 tasks x 20 seeds, whose chances come from a Beta(2, 2) with mean 0.5."""
    rng = np.random.default_rng(7)
    hits, widths = 0, []
    for number in range(200):
        chances = rng.beta(2.0, 2.0, size=24)
        values = {str(i): (rng.random(20) < chance).astype(float).tolist() for i, chance in enumerate(chances)}
        found = bootstrap(values, seed=number, num_resamples=800)
        hits += found.low <= 0.5 <= found.high
        widths.append(found.high - found.low)
    assert 0.92 <= hits / 200 <= 1.0
    # The mean of 24 chances with variance 1/20 and of 480 coins: 2 x 1.96 standard deviations.
    expected = 2 * 1.96 * math.sqrt(0.05 / 24 + 0.2 / 480)
    assert 0.85 * expected < float(np.mean(widths)) < 1.3 * expected


def test_resampling_seeds_alone_would_be_too_sure() -> None:
    """Two tasks, always and never solved: the seeds say nothing about how far tasks differ."""
    found = bootstrap({"a": [1.0] * 50, "b": [0.0] * 50})
    assert (found.mean, found.low, found.high) == (0.5, 0.0, 1.0)


def test_tasks_weigh_the_same_whatever_their_seeds() -> None:
    assert bootstrap({"a": [1.0], "b": [0.0, 0.0, 0.0]}).mean == 0.5


def test_the_bootstrap_repeats_itself_and_another_seed_says_nearly_the_same() -> None:
    values = {"a": [0.0, 1.0, 1.0, 0.0, 1.0], "b": [0.25, 0.5, 1.0]}
    assert bootstrap(values, seed=3) == bootstrap(values, seed=3)
    one, other = bootstrap(values, seed=3), bootstrap(values, seed=4)
    assert abs(one.low - other.low) < 0.05


def test_degenerate_values_of_the_bootstrap() -> None:
    alone = bootstrap({"a": [0.5]})
    assert alone.mean == 0.5
    assert math.isnan(alone.low)
    assert math.isnan(alone.high)
    assert alone.as_json() == {"mean": 0.5, "low": None, "high": None}
    assert Estimate.from_json(alone.as_json()).mean == 0.5
    assert bootstrap({"a": [1.0] * 9}) == Estimate(mean=1.0, low=1.0, high=1.0)
    for bad, words in (({}, "no task"), ({"a": []}, "no episode"), ({"a": [math.nan]}, "finite")):
        with pytest.raises(ConfigError, match=words):
            bootstrap(bad)


def brute_force(differences: list[int]) -> float:
    """The p-value from every pattern of signs."""
    found = abs(sum(differences))
    sums = [sum(s * d for s, d in zip(signs, differences, strict=True))
            for signs in itertools.product((-1, 1), repeat=len(differences))]  # fmt: skip
    return sum(abs(one) >= found for one in sums) / len(sums)


@pytest.mark.parametrize(
    "differences", [[1], [1, 1, -1], [3, -1, 2, 0, 2], [5, 5, -5, 1], [-2, -2, -2, -2, 0], [1, 2, 3, 4, 5, 6, -7]]
)
def test_the_exact_test_is_every_pattern_of_signs(differences: list[int]) -> None:
    assert sign_flip_test(differences) == pytest.approx(brute_force(differences), rel=1e-12)


@pytest.mark.parametrize(("better", "worse"), [(8, 1), (10, 2), (3, 3), (15, 0), (40, 20)])
def test_single_tries_give_mcnemars_exact_test(better: int, worse: int) -> None:
    """Twice the binomial tail of the pairs that differ; pairs that do not differ change nothing."""
    total = better + worse
    tail = sum(math.comb(total, i) for i in range(min(better, worse) + 1)) / 2**total
    pairs = [1] * better + [-1] * worse + [0] * 100
    assert sign_flip_test(pairs) == pytest.approx(min(1.0, 2 * tail), rel=1e-12)


def test_no_difference_is_no_evidence() -> None:
    assert sign_flip_test([]) == 1.0
    assert sign_flip_test([0, 0]) == 1.0
