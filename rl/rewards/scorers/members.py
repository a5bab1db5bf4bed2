"""Score the members of groups at once: what a comparison of a whole group gives each of its episodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from clickwright.rl.rewards.scorers.base import Subject
from clickwright.trajectories.records import Episode


def of_members(subjects: Sequence[Subject], compare: Callable[[Sequence[Episode]], Sequence[float]]) -> list[float]:
    """What each subject's episode gets among those of its group; each group is compared once."""
    known: dict[tuple[str, ...], dict[str, float]] = {}
    found = []
    for subject in subjects:
        names = tuple(episode.id for episode in subject.group)
        if names not in known:
            known[names] = dict(zip(names, compare(subject.group), strict=True))
        found.append(known[names][subject.episode.id])
    return found
