"""How sure a number is: Student's t over runs, a bootstrap over tasks and seeds, exact tests of pairs, pass@k."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clickwright.errors import ConfigError

T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
    2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
"""The 97.5 % quantile of Student's t for 1 to 30 degrees of freedom."""

NUM_RESAMPLES = 10_000
"""Resamples of a bootstrap: the ends of an interval then move by less than a fiftieth of its width between seeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A mean and its 95 % interval.

    Attributes:
        mean: The mean; over tasks, of their means over seeds.
        low: Where the interval begins; NaN where there is none.
        high: Where it ends.
    """

    mean: float
    low: float
    high: float

    def as_json(self) -> dict[str, float | None]:
        """For a file, where NaN is ``null``."""
        return {name: None if math.isnan(value) else value for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Estimate:
        """What ``as_json`` wrote."""
        return cls(**{name: math.nan if data[name] is None else float(data[name]) for name in ("mean", "low", "high")})


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half the width of its 95 % interval (Student's t); one value has no interval.

    Example:
        >>> tuple(round(x, 4) for x in interval([0.8, 0.9, 1.0]))
        (0.9, 0.2484)
    """
    count = len(values)
    mean = sum(values) / count
    if count < 2:
        return mean, math.nan
    deviation = math.sqrt(sum((value - mean) ** 2 for value in values) / (count - 1))
    quantile = T_95[count - 2] if count - 2 < len(T_95) else 1.96
    return mean, quantile * deviation / math.sqrt(count)


def pass_at_k(num_tries: int, num_successes: int, k: int) -> float:
    """The chance that at least one of ``k`` tries succeeds, estimated from ``num_tries`` of them without bias.

    ``1 - C(n - c, k) / C(n, k)``, the share of the subsets of ``k`` tries that hold a success. The binomials are exact
    integers and so is their difference; the one division at the end is the only rounding.

    Source: Chen et al. 2021, Evaluating Large Language Models Trained on Code, equation 1.

    Example:
        >>> pass_at_k(4, 1, 2)
        0.5

    Raises:
        ConfigError: ``k`` is not between 1 and the number of tries, or there are more successes than tries.
    """
    if not 1 <= k <= num_tries:
        raise ConfigError(f"pass@{k} of {num_tries} tries: k is between 1 and the number of tries")
    if not 0 <= num_successes <= num_tries:
        raise ConfigError(f"{num_successes} successes in {num_tries} tries: at least 0 and no more than the tries")
    every = math.comb(num_tries, k)
    return (every - math.comb(num_tries - num_successes, k)) / every


def bootstrap(
    values: Mapping[str, Sequence[float]], *, seed: int = 0, num_resamples: int = NUM_RESAMPLES, level: float = 0.95
) -> Estimate:
    """The mean over tasks of their means over seeds, with a percentile interval that resamples both.

    Every resample draws as many tasks as there are, with replacement, and for each draw as many of its seeds as it has,
    with replacement. So the interval says what other tasks of this sort, on other seeds, could have come to. A single
    value has no interval.

    Source: Davison and Hinkley 1997, Bootstrap Methods and their Application, section 3.8 (nested resampling).

    Example:
        >>> found = bootstrap({"a": [0.0, 1.0, 1.0, 0.0], "b": [1.0, 1.0, 1.0, 1.0]})
        >>> (found.mean, found.low, found.high)
        (0.75, 0.25, 1.0)

    Args:
        values: One value per seed, by task.
        seed: Root of the random stream.
        num_resamples: Resamples.
        level: Share of the resamples inside the interval.

    Raises:
        ConfigError: There is no value, a task has none, or one is not finite.
    """
    arrays = _checked(values)
    mean = float(np.mean([array.mean() for array in arrays]))
    if sum(map(len, arrays)) == 1:
        return Estimate(mean=mean, low=math.nan, high=math.nan)
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(arrays), size=(num_resamples, len(arrays)))
    means = np.empty(picks.shape)
    for number, array in enumerate(arrays):
        drawn = picks == number
        places = rng.integers(len(array), size=(int(drawn.sum()), len(array)))
        means[drawn] = array[places].mean(axis=1)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(means.mean(axis=1), [tail, 1.0 - tail])
    return Estimate(mean=mean, low=float(low), high=float(high))


def sign_flip_test(differences: Sequence[int]) -> float:
    """The two-sided p-value of paired differences, exactly.

    Under the null hypothesis either member of a pair could have come first, so every sign is a fair coin. The value is
    the chance that coins give a sum as far from 0 as the one found, from its exact distribution. Where all differences
    are -1, 0 or 1 (one try each, success or not) this is McNemar's exact test.

    Source: Fisher 1935, The Design of Experiments, section 21; McNemar 1947 for the case of single tries.

    Example:
        Five pairs that differ, all of them the same way:

        >>> sign_flip_test([1, 1, 1, 1, 1, 0, 0])
        0.0625

    Args:
        differences: Successes of the second minus those of the first, pair by pair.
    """
    sizes = [abs(int(difference)) for difference in differences if difference]
    if not sizes:
        return 1.0
    found, total = abs(sum(int(difference) for difference in differences)), sum(sizes)
    chances = np.zeros(2 * total + 1)
    chances[total] = 1.0
    for size in sizes:
        chances = 0.5 * (np.roll(chances, size) + np.roll(chances, -size))
    sums = np.abs(np.arange(-total, total + 1))
    return float(min(1.0, chances[sums >= found].sum()))


def _checked(values: Mapping[str, Sequence[float]]) -> list[NDArray[np.float64]]:
    arrays = {name: np.asarray(list(one), dtype=np.float64) for name, one in values.items()}
    if not arrays:
        raise ConfigError("no task to take a mean over: evaluate at least one")
    for name, array in arrays.items():
        if not len(array):
            raise ConfigError(f"{name} has no episode that counts: leave it out, or look at its faults")
        if not np.isfinite(array).all():
            raise ConfigError(f"{name} has values that are not finite numbers: {array[~np.isfinite(array)][:3]}")
    return list(arrays.values())
