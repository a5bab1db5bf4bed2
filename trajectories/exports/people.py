"""What people said about steps, as exports and trainers use it: labels, corrections, preferences."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from clickwright.errors import ConfigError, DamagedFileError
from clickwright.trajectories.annotations.consensus import consensus, majority
from clickwright.trajectories.annotations.models import Annotation, AuthorKind

Place = tuple[str, int]
"""Episode id and ``t``."""

GOOD, BAD = "good", "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What a person would have done instead.

    Attributes:
        action: The action as JSON.
        thought: Why, if they said so.
    """

    action: Mapping[str, Any]
    thought: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Which of two steps a person prefers.

    Attributes:
        better: The preferred step.
        worse: The other.
    """

    better: Place
    worse: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What people said together, looked up by step; ``annotations/consensus.py`` says how several become one.

    Example:
        >>> people = People.of(labels=[("a", 0, "good"), ("a", 1, "bad"), ("a", 1, "good")])
        >>> people.verdict("a", 0), people.verdict("a", 1)
        (True, None)

    Attributes:
        labels: Label of a step.
        corrections: The action to take instead.
        preferences: Which of two steps is better.
    """

    labels: Mapping[Place, str] = field(default_factory=dict)
    corrections: Mapping[Place, Correction] = field(default_factory=dict)
    preferences: tuple[Preference, ...] = ()

    @classmethod
    def of(
        cls,
        *,
        labels: Iterable[tuple[str, int, str]] = (),
        corrections: Iterable[tuple[str, int, Mapping[str, Any]]] = (),
        preferences: Iterable[tuple[Place, Place]] = (),
    ) -> People:
        """From plain rows.

        Args:
            labels: ``(episode, t, "good" | "bad" | "neutral" | "redundant")``; several for one step are settled by
                majority.
            corrections: ``(episode, t, {"action", "thought"})``.
            preferences: ``(better, worse)``.
        """
        votes: dict[Place, list[str]] = defaultdict(list)
        for episode, t, label in labels:
            votes[episode, t].append(label)
        settled = {place: majority(answers) for place, answers in votes.items()}
        return cls(
            labels={place: label for place, label in settled.items() if label is not None},
            corrections={
                (episode, t): Correction(action=value["action"], thought=str(value.get("thought") or ""))
                for episode, t, value in corrections
            },
            preferences=tuple(Preference(better=better, worse=worse) for better, worse in preferences),
        )

    def verdict(self, episode: str, t: int) -> bool | None:
        """Whether a step is right, where people said so."""
        label = self.labels.get((episode, t))
        return label == GOOD if label in (GOOD, BAD) else None

    def __len__(self) -> int:
        """How many opinions there are."""
        return len(self.labels) + len(self.corrections) + len(self.preferences)


def people_of_annotations(said: Iterable[Annotation]) -> People:
    """What people say together; what a model or a rule said is passed over."""
    found = consensus(one for one in said if one.author_kind is AuthorKind.HUMAN)
    return People.of(
        labels=[(*place, label) for place, label in found.labels.items()],
        corrections=[(*place, value) for place, value in found.corrections.items()],
        preferences=[(better, worse) for better, others in found.preferences.items() for worse in others],
    )


def read_annotations(path: Path) -> People:
    """From a file with one annotation a line, as ``clickwright traj annotations export`` writes it.

    What a model or a rule said is passed over.

    Raises:
        ConfigError: There is no such file, or a line is not an annotation.
        DamagedFileError: A line is not a JSON object.
    """
    if not path.is_file():
        raise ConfigError(f"there is no file {path}")
    said = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = dict(json.loads(line))
        except (ValueError, TypeError) as error:
            raise DamagedFileError(f"{path}:{number} is not a JSON object: {error}") from error
        try:
            said.append(Annotation.model_validate(found))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the whole"
            raise ConfigError(f"{path}:{number} is not an annotation: {where}: {first['msg']}") from None
    return people_of_annotations(said)
