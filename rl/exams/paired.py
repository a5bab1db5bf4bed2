"""Two agents on the same episodes: who is better, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from clickwright.errors import ConfigError
from clickwright.rl.exams.outcome import Outcome
from clickwright.rl.exams.summary import by_seed
from clickwright.rl.statistics import Estimate, bootstrap, sign_flip_test


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """The second agent against the first, seed by seed.

    Attributes:
        difference: Success of the second minus that of the first.
        p_value: Of an exact two-sided test that signs are fair coins; McNemar's where each seed has one try.
        num_pairs: Seeds that both have tried, with as many tries that count.
        num_unpaired: Seeds that one of them lacks, or has fewer tries of.
        num_better: Seeds where the second succeeded more often.
        num_worse: Seeds where the first did.
        only_first: Seeds that only the first ever solved.
        only_second: Seeds that only the second ever solved.
        by_task: The difference of each task, by environment id.
    """

    difference: Estimate
    p_value: float
    num_pairs: int
    num_unpaired: int
    num_better: int
    num_worse: int
    only_first: int
    only_second: int
    by_task: Mapping[str, float]

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {**asdict(self), "difference": self.difference.as_json()}


def compare_pairs(first: Sequence[Outcome], second: Sequence[Outcome], *, seed: int = 0) -> Pairs:
    """Compare two agents on the seeds that both have tried.

    Example:
        >>> def tries(*won): return [Outcome(episode="", env_id="t", seed=s, success=w) for s, w in enumerate(won)]
        >>> found = compare_pairs(tries(True, False, False), tries(True, True, True))
        >>> round(found.difference.mean, 3), found.p_value, found.num_better
        (0.667, 0.5, 2)

    Args:
        first: Episodes of the one.
        second: Episodes of the other.
        seed: Root of the bootstrap's random stream.

    Raises:
        ConfigError: There is no seed that both have tried.
    """
    one, other = by_seed(first), by_seed(second)
    differences: dict[str, list[float]] = {}
    flips: list[int] = []
    num_unpaired = only_first = only_second = 0
    for task in dict.fromkeys((*one, *other)):
        for number in dict.fromkeys((*one.get(task, {}), *other.get(task, {}))):
            left, right = one.get(task, {}).get(number, []), other.get(task, {}).get(number, [])
            if not left or len(left) != len(right):
                num_unpaired += 1
                continue
            before, after = sum(o.success for o in left), sum(o.success for o in right)
            flips.append(after - before)
            differences.setdefault(task, []).append((after - before) / len(left))
            only_first += bool(before and not after)
            only_second += bool(after and not before)
    if not flips:
        raise ConfigError("there is no seed that both agents have tried: give them the same tasks and seeds")
    return Pairs(
        difference=bootstrap(differences, seed=seed),
        p_value=sign_flip_test(flips),
        num_pairs=len(flips),
        num_unpaired=num_unpaired,
        num_better=sum(flip > 0 for flip in flips),
        num_worse=sum(flip < 0 for flip in flips),
        only_first=only_first,
        only_second=only_second,
        by_task={task: sum(found) / len(found) for task, found in differences.items()},
    )


def family_success(plain: Sequence[Outcome], infeasible: Sequence[Outcome], *, seed: int = 0) -> Estimate:
    """Share of seeds at which both the episode and its infeasible twin were answered rightly, at the same try.

    Whoever says the same of every goal, feasible or not, gets 0. Source: reference entry 3.2.

    Raises:
        ConfigError: No episode has a twin that counts.
    """
    twins = {(one.env_id, one.seed, one.attempt): one for one in infeasible if one.counts}
    values: dict[str, list[float]] = {}
    for one in plain:
        twin = twins.get((one.env_id, one.seed, one.attempt))
        if one.counts and twin is not None:
            values.setdefault(one.env_id, []).append(float(one.success and twin.success))
    return bootstrap(values, seed=seed)
