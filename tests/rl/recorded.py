"""Recorded runs to learn from, and what a person would say of their steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.annotations.apply import apply_annotations
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode, Step
from tests.rl.doors import DOORS

ROLL_OUT = {"max_iterations": 1, "groups": 16, "lr": 1e-9}
"""128 tries, in 16 groups, at a learning rate that changes nothing."""

SAME_AGAIN = {"deterministic": True}
"""The tries, and the order in which they are stored, do not depend on which of them ends first."""


def silent(text: str) -> None:
    """Say nothing."""


def tries(run: Path) -> list[Episode]:
    """The tries of a run, in an order that does not depend on which of them ended first."""
    with StoreReader(run) as reader:
        return sorted(reader.whole_episodes(split="train"), key=lambda episode: episode.id)


def right(step: Step) -> dict[str, Any]:
    """The door that should have been taken: the text of the room is its colour."""
    return {"kind": "click", "target": {"ref": DOORS.index(step.text) + 1}}


def wrong_steps(run: Path) -> list[tuple[Episode, Step]]:
    """The first wrong step of every failed try."""
    found = []
    for episode in tries(run):
        for step in episode.steps:
            if step.action.get("target", {}).get("ref") != right(step)["target"]["ref"]:
                found.append((episode, step))
                break
    return found


def correct(run: Path, count: int, **fields: Any) -> None:
    """Say of some wrong steps what should have been done, as a person does."""
    with AnnotationBook(run) as book:
        for episode, step in wrong_steps(run)[:count]:
            book.add(
                Annotation.model_validate(
                    {"at": {"episode": episode.id, "t": step.t}, "kind": "correction", "author": "ann",
                     "value": {"action": right(step)}} | fields
                )
            )  # fmt: skip
    apply_annotations(run)
