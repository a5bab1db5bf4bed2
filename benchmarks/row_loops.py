"""Estimators, editors and multipliers as one would first write them: loops over rows, lists and dictionaries.

Each is the same formula, with the default settings, as the one in ``clickwright.rl.advantages`` of its name, for a
batch whose rows are all trained. A test holds the two against each other.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from statistics import fmean

from clickwright.rl.advantages.columns import Columns, given

EPS = 1e-6
GAMMA = 0.95


class Rows:
    """The columns of a batch as lists."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.group, self.episode = columns.group.tolist(), columns.episode.tolist()
        self.anchor, self.reward = columns.anchor.tolist(), columns.reward.tolist()

    def __len__(self) -> int:
        return len(self.reward)

    def scores(self) -> tuple[dict[int, float], dict[int, list[int]]]:
        """Score of each episode, and the episodes of each group."""
        score: dict[int, float] = defaultdict(float)
        members: dict[int, list[int]] = defaultdict(list)
        for group, episode, reward in zip(self.group, self.episode, self.reward, strict=True):
            if episode not in score:
                members[group].append(episode)
            score[episode] += reward
        return score, members

    def returns(self, gamma: float) -> list[float]:
        """Discounted return of every row within its episode."""
        result, following, last = [0.0] * len(self), 0.0, None
        for row in range(len(self) - 1, -1, -1):
            following = self.reward[row] + (gamma * following if self.episode[row] == last else 0.0)
            result[row], last = following, self.episode[row]
        return result

    def by_group(self, values: Mapping[int, float]) -> list[float]:
        """Every row's group's value."""
        return [values[group] for group in self.group]

    def by_episode(self, values: Mapping[int, float]) -> list[float]:
        """Every row's episode's value."""
        return [values[episode] for episode in self.episode]

    def column(self, name: str) -> list[float]:
        """An optional column."""
        return list(given(getattr(self.columns, name), name).tolist())


def deviation(values: Sequence[float], *, ddof: int = 1) -> float:
    """Standard deviation; 0 for a single value."""
    mean = fmean(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / max(len(values) - ddof, 1))


def against_group(rows: Rows, compare: Callable[[float, Sequence[float]], float]) -> list[float]:
    """Credit that every row of an episode has in common, from its score and those of its group."""
    score, members = rows.scores()
    credit: dict[int, float] = {}
    for episodes in members.values():
        scores = [score[episode] for episode in episodes]
        for episode in episodes:
            credit[episode] = compare(score[episode], scores) if len(scores) > 1 else 0.0
    return rows.by_episode(credit)


def centred(score: float, scores: Sequence[float]) -> float:
    """Score less the mean."""
    return score - fmean(scores)


def standardised(score: float, scores: Sequence[float]) -> float:
    """The same in deviations."""
    return (score - fmean(scores)) / (deviation(scores) + EPS)


def others_left_in(score: float, scores: Sequence[float]) -> float:
    """RLOO."""
    return score - (sum(scores) - score) / (len(scores) - 1)


def relative(score: float, scores: Sequence[float]) -> float:
    """MaxRL."""
    return (score - fmean(scores)) / fmean(scores) if fmean(scores) > EPS else 0.0


def share_grpo(rows: Rows) -> list[float]:
    """The group's term, and that of the members with the same variant."""
    score, members = rows.scores()
    variant = dict(zip(rows.episode, rows.column("variant"), strict=True))
    credit: dict[int, float] = defaultdict(float)
    for episodes in members.values():
        circles = [episodes, *([e for e in episodes if variant[e] == v] for v in {variant[e] for e in episodes})]
        for circle in circles:
            scores = [score[episode] for episode in circle]
            for episode in circle:
                credit[episode] += standardised(score[episode], scores) if len(scores) > 1 else 0.0
    return rows.by_episode(credit)


def opo(rows: Rows) -> list[float]:
    """Baseline weighted by tokens."""
    score, members = rows.scores()
    length: dict[int, float] = defaultdict(float)
    for episode, tokens in zip(rows.episode, rows.column("num_tokens"), strict=True):
        length[episode] += tokens
    credit: dict[int, float] = {}
    for episodes in members.values():
        total = sum(length[episode] for episode in episodes)
        baseline = sum(length[episode] * score[episode] for episode in episodes) / max(total, 1.0)
        credit |= {episode: score[episode] - baseline for episode in episodes}
    return rows.by_episode(credit)


def reinforce_pp(rows: Rows) -> list[float]:
    """Returns over the batch."""
    returns = rows.returns(1.0)
    mean, std = fmean(returns), deviation(returns)
    return [(value - mean) / (std + EPS) for value in returns]


def among(keys: Sequence[Hashable], values: Sequence[float], *, ddof: int | None = None) -> list[float]:
    """Each value compared with the others of its key: less the mean, in deviations where ``ddof`` says which."""
    together: dict[Hashable, list[float]] = defaultdict(list)
    for key, value in zip(keys, values, strict=True):
        together[key].append(value)
    mean = {key: fmean(each) for key, each in together.items()}
    if ddof is None:
        return [value - mean[key] for key, value in zip(keys, values, strict=True)]
    std = {key: deviation(each, ddof=ddof) + EPS for key, each in together.items()}
    return [(value - mean[key]) / std[key] for key, value in zip(keys, values, strict=True)]


def gigpo(rows: Rows) -> list[float]:
    """Episode term and step term."""
    states = list(zip(rows.group, rows.anchor, strict=True))
    step = among(states, rows.returns(GAMMA))
    return [one + other for one, other in zip(against_group(rows, centred), step, strict=True)]


def hgpo(rows: Rows) -> list[float]:
    """Three levels, weighted 2, 3 and 4."""
    returns, levels = rows.returns(GAMMA), list[list[float]]()
    for depth in (1, 2, 3):
        ways: list[Hashable] = []
        for row, group in enumerate(rows.group):
            start = row - depth + 1
            whole = start >= 0 and rows.episode[start] == rows.episode[row]
            ways.append((group, *rows.anchor[start : row + 1]) if whole else ("alone", row))
        levels.append(among(ways, returns, ddof=0))
    result = []
    for terms in zip(*levels, strict=True):
        weight = sum(factor for factor, term in zip((2.0, 3.0, 4.0), terms, strict=True) if abs(term) > 1e-9)
        total = sum(factor * term for factor, term in zip((2.0, 3.0, 4.0), terms, strict=True))
        result.append(total / (weight + EPS))
    return result


def turn_gae(rows: Rows) -> list[float]:
    """GAE over turns against what others had in the same state."""
    returns = rows.returns(GAMMA)
    value = _others(rows, returns)
    result, ahead, following, last = [0.0] * len(rows), 0.0, 0.0, None
    for row in range(len(rows) - 1, -1, -1):
        same = rows.episode[row] == last
        surprise = rows.reward[row] + (GAMMA * following if same else 0.0) - value[row]
        ahead = surprise + (GAMMA * ahead if same else 0.0)
        result[row], following, last = ahead, value[row], rows.episode[row]
    mean, std = fmean(result), deviation(result)
    return [(one - mean) / (std + EPS) for one in result]


def _others(rows: Rows, returns: Sequence[float]) -> list[float]:
    sums: dict[Hashable, float] = defaultdict(float)
    counts: Counter[Hashable] = Counter()
    for group, episode, anchor, value in zip(rows.group, rows.episode, rows.anchor, returns, strict=True):
        for key in ((group,), (group, anchor), (group, "of", episode), (group, anchor, "of", episode)):
            sums[key] += value
            counts[key] += 1
    result = []
    for group, episode, anchor, value in zip(rows.group, rows.episode, rows.anchor, returns, strict=True):
        for key in ((group, anchor), (group,)):
            own = (*key, "of", episode)
            if counts[key] > counts[own]:
                value = (sums[key] - sums[own]) / (counts[key] - counts[own])
                break
        result.append(value)
    return result


def spo(rows: Rows) -> list[float]:
    """Values of branching points, the deepest first; no episode branches off a copied step."""
    score, members = rows.scores()
    origin = dict(zip(rows.episode, rows.column("origin"), strict=True))
    branch = dict(zip(rows.episode, rows.column("branch"), strict=True))
    points: dict[int, set[int]] = defaultdict(set)
    leaving: dict[tuple[int, int], list[int]] = defaultdict(list)
    for episode, parent in origin.items():
        if parent >= 0:
            points[int(parent)].add(int(branch[episode]))
            leaving[int(parent), int(branch[episode])].append(episode)

    def ahead(episode: int, after: float) -> float:
        later = sorted(point for point in points[episode] if point > after)
        if not later:
            return score[episode]
        ways = [ahead(episode, later[0]), *(ahead(one, branch[one]) for one in leaving[episode, later[0]])]
        return fmean(ways)

    start = {group: fmean(ahead(one, -1) for one in episodes if origin[one] < 0) for group, episodes in members.items()}
    result, t, last = [], 0, None
    for group, episode in zip(rows.group, rows.episode, strict=True):
        t = t + 1 if episode == last else 0
        last = episode
        before = [point for point in points[episode] if point <= t]
        if before:
            value = fmean([ahead(episode, max(before)), *(ahead(o, branch[o]) for o in leaving[episode, max(before)])])
        elif origin[episode] >= 0:
            parent, at = int(origin[episode]), int(branch[episode])
            value = fmean([ahead(parent, at), *(ahead(one, at) for one in leaving[parent, at])])
        else:
            value = start[group]
        result.append(ahead(episode, t) - value)
    return result
