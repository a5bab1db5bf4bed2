"""Guides, group editors and estimators that need each other, or get in each other's way, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clickwright.rl.advantages import Pipeline
from clickwright.rl.guides import GUIDES
from clickwright.rl.losses import Loss

if TYPE_CHECKING:
    from clickwright.rl.recipe import Train


def guided_problems(section: Train, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """What does not fit around the way in which the members of a group act."""
    yield from _imitation(section, loss)


def _imitation(section: Train, loss: Loss) -> Iterator[str]:
    """Demonstrations among the rows: somebody has to give them, and somebody has to read them."""
    name = section.loss.get("name", "ppo")
    prefixes = [table for table in section.guides if table.get("name") == "expert_prefix"]
    given = [table for table in prefixes if GUIDES.options("expert_prefix", _own(table)).likelihood]  # type: ignore[attr-defined]
    if given and not loss.imitates:
        yield (
            f"guide 'expert_prefix' gives demonstrations, and train.loss = {name!r} has no use for any: take "
            '{name = "uft"}, or set likelihood = false to show them without imitating them'
        )
    if loss.imitates and not given:
        yield (
            f"train.loss = {name!r} imitates demonstrations among the rows, and nothing gives any: add "
            'train.guides = [{name = "expert_prefix"}], or take ppo'
        )


def _own(table: dict[str, object]) -> dict[str, object]:
    """The options of a plug-in's table."""
    return {key: value for key, value in table.items() if key != "name"}
