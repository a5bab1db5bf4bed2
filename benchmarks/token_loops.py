"""The rest of ``benchmarks.row_loops``: what looks at texts, tokens, outcomes and parts of the reward."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from functools import cache, partial
from statistics import fmean

from benchmarks.row_loops import (
    GAMMA,
    Rows,
    against_group,
    among,
    centred,
    gigpo,
    hgpo,
    opo,
    others_left_in,
    reinforce_pp,
    relative,
    share_grpo,
    spo,
    standardised,
    turn_gae,
)
from clickwright.rl.advantages.columns import given


def gigpo_similar(rows: Rows) -> list[float]:
    """GiGPO over clusters of texts."""
    from rapidfuzz import fuzz

    openers: dict[int, list[tuple[str, int]]] = defaultdict(list)
    states = []
    for row, (group, text) in enumerate(zip(rows.group, given(rows.columns.texts, "texts"), strict=True)):
        for first, number in openers[group]:
            if fuzz.ratio(text, first, score_cutoff=95.0):
                states.append(number)
                break
        else:
            openers[group].append((text, row))
            states.append(row)
    step = among(states, rows.returns(GAMMA))
    return [one + other for one, other in zip(against_group(rows, centred), step, strict=True)]


@cache
def association(a: int, b: int, right: int, wrong: int) -> tuple[float, float]:
    """KTAE's ``F + IG`` and ``h``."""
    marked, total = a + b, right + wrong
    possible = range(max(0, marked - wrong), min(right, marked) + 1)
    ways = [math.comb(right, k) * math.comb(wrong, marked - k) for k in possible]
    p = sum(way for way in ways if way <= math.comb(right, a) * math.comb(wrong, b)) / math.comb(total, marked)
    gain = entropy(right, wrong) - marked / total * entropy(a, b)
    gain -= (total - marked) / total * entropy(right - a, wrong - b)
    effect = math.asin(math.sqrt(a / right)) - math.asin(math.sqrt(b / wrong))
    return (math.exp(-2 * p) if p < 1 else 0.0) + gain, effect


def entropy(one: int, other: int) -> float:
    """Bits of a coin that fell so many times on each side."""
    return -sum(n / (one + other) * math.log2(n / (one + other)) for n in (one, other) if n)


def ktae(rows: Rows) -> list[float]:
    """Every token's association with success, and its episode's advantage; one number per token."""
    success, tokens = rows.column("success"), given(rows.columns.tokens, "tokens")
    right = dict(zip(rows.episode, success, strict=True))
    of_group: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row, token in zip(tokens.row.tolist(), tokens.id.tolist(), strict=True):
        of_group[rows.group[row]].append((rows.episode[row], token))
    _, members = rows.scores()
    value: dict[tuple[int, int], float] = {}
    for group, written in of_group.items():
        num_right = int(sum(right[episode] for episode in members[group]))
        num_wrong = len(members[group]) - num_right
        holders, counts = defaultdict[int, set[int]](set), (Counter[int](), Counter[int]())
        for episode, token in written:
            holders[token].add(episode)
            counts[int(right[episode])][token] += 1
        lengths = [sum(count.values()) for count in counts]
        mean = max(fmean(lengths), 1.0)
        for token, episodes in holders.items():
            if not num_right or not num_wrong:
                value[group, token] = 0.0
                continue
            a = int(sum(right[episode] for episode in episodes))
            strength, effect = association(a, len(episodes) - a, num_right, num_wrong)
            f = [count[token] / max(length, 1) for count, length in zip(counts, lengths, strict=True)]
            tf = [one * 3.0 / (one + 1.0 + length / mean) for one, length in zip(f, lengths, strict=True)]
            x = effect + tf[1] / (tf[0] + 1e-5) - tf[0] / (tf[1] + 1e-5)
            value[group, token] = math.tanh(strength * x / 4.0)
    base = against_group(rows, standardised)
    return [
        base[row] + value[rows.group[row], token]
        for row, token in zip(tokens.row.tolist(), tokens.id.tolist(), strict=True)
    ]


def share_of_successes(rows: Rows) -> dict[int, float]:
    """By group."""
    success = dict(zip(rows.episode, rows.column("success"), strict=True))
    _, members = rows.scores()
    return {group: fmean(success[episode] for episode in episodes) for group, episodes in members.items()}


def difficulty(rows: Rows) -> list[float]:
    """Hard groups count more."""
    return rows.by_group({group: 2.0 - share for group, share in share_of_successes(rows).items()})


def uncertainty(rows: Rows) -> list[float]:
    """Groups of middling success count most."""
    return rows.by_group({group: 4.0 * p * (1.0 - p) for group, p in share_of_successes(rows).items()})


def probability(rows: Rows) -> list[float]:
    """A factor per token."""
    return [0.2 * math.exp(one) + 0.8 for one in given(rows.columns.tokens, "tokens").logprob.tolist()]


def semantic_entropy(rows: Rows) -> list[float]:
    """Groups whose outcomes disagree count less."""
    outcome = dict(zip(rows.episode, rows.column("outcome"), strict=True))
    factor = {}
    for group, episodes in rows.scores()[1].items():
        sizes = Counter(outcome[episode] for episode in episodes).values()
        spread = -fmean(math.log(size / len(episodes)) for size in sizes)
        factor[group] = max(0.0, 1.0 - 0.5 * max(0.0, spread) / math.log(len(episodes)) if len(episodes) > 1 else 1.0)
    return rows.by_group(factor)


def progress(rows: Rows) -> list[float]:
    """Rewards with the way gone added where all failed."""
    share = share_of_successes(rows)
    furthest: dict[int, float] = defaultdict(float)
    for episode, value in zip(rows.episode, rows.columns.parts["progress"].tolist(), strict=True):
        furthest[episode] = max(furthest[episode], min(1.0, value))
    return at_the_end(rows, lambda group, episode: 0.0 if share[group] else 0.5 * furthest[episode])


def trust(rows: Rows) -> list[float]:
    """Rewards with the judge's word added as far as it is right."""
    success = dict(zip(rows.episode, rows.column("success"), strict=True))
    judged: dict[int, float] = defaultdict(float)
    for episode, value in zip(rows.episode, rows.columns.parts["judge"].tolist(), strict=True):
        judged[episode] = max(judged[episode], value)
    factor = {}
    for group, episodes in rows.scores()[1].items():
        right, wrong = ([judged[one] for one in episodes if bool(success[one]) is side] for side in (True, False))
        factor[group] = 0.3 * math.exp(min(0.0, fmean(right) - fmean(wrong))) if right and wrong else 0.0
    return at_the_end(rows, lambda group, episode: factor[group] * judged[episode])


def at_the_end(rows: Rows, gained: Callable[[int, int], float]) -> list[float]:
    """Rewards, with something added to the last row of every episode."""
    result, following = list(rows.reward), None
    for row in range(len(rows) - 1, -1, -1):
        if rows.episode[row] != following:
            result[row] += gained(rows.group[row], rows.episode[row])
        following = rows.episode[row]
    return result


def nothing(rows: Rows) -> list[float]:
    """The estimator ``none``."""
    return [0.0] * len(rows)


LOOPS: Mapping[str, Callable[[Rows], list[float]]] = {
    "estimator none": nothing,
    "estimator grpo": partial(against_group, compare=standardised),
    "estimator dr_grpo": partial(against_group, compare=centred),
    "estimator rloo": partial(against_group, compare=others_left_in),
    "estimator maxrl": partial(against_group, compare=relative),
    "estimator opo": opo,
    "estimator reinforce_pp": reinforce_pp,
    "estimator gigpo": gigpo,
    "estimator gigpo_similar": gigpo_similar,
    "estimator hgpo": hgpo,
    "estimator turn_gae": turn_gae,
    "estimator share_grpo": share_grpo,
    "estimator spo": spo,
    "estimator ktae": ktae,
    "editor progress": progress,
    "editor trust": trust,
    "multiplier difficulty": difficulty,
    "multiplier probability": probability,
    "multiplier semantic_entropy": semantic_entropy,
    "multiplier uncertainty": uncertainty,
}
"""By what ``benchmarks.advantages`` calls it."""
