"""Guides, group editors and estimators that need each other, or get in each other's way, and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clickwright.rl.advantages import Pipeline
from clickwright.rl.advantages.share_grpo import ShareGrpo
from clickwright.rl.advantages.spo import Spo
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.guides import GUIDES
from clickwright.rl.guides.share_variants import ShareVariants
from clickwright.rl.losses import Loss

if TYPE_CHECKING:
    from clickwright.rl.recipe import Train


def guided_problems(section: Train, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """What does not fit around the way in which the members of a group act."""
    yield from _imitation(section, loss)
    yield from _branches(section, credit)
    yield from _variants(section, credit)


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


def _branches(section: Train, credit: Pipeline) -> Iterator[str]:
    """Episodes that branch: somebody has to leave them, and the group has to have room."""
    names = [str(table.get("name")) for table in section.group_editors]
    branching = [name for name in names if getattr(GROUP_EDITORS.get(name), "branches", False)]
    if isinstance(credit.estimator, Spo) and not branching:
        yield (
            "algorithm 'spo' values the points at which episodes branch, and nothing branches one, so that it would be "
            "grpo with norm = 'mean_norm': add train.group_editors = [{name = \"spo\"}], or take that"
        )
    for table in section.group_editors:
        if table.get("name") != "entropy_branching":
            continue
        size = GROUP_EDITORS.options("entropy_branching", _own(table)).size  # type: ignore[attr-defined]
        if size <= section.group_size:
            yield (
                f"group editor 'entropy_branching' grows groups to size = {size}, and train.group_size = "
                f"{section.group_size} leaves no room for a branch: lower group_size, usually to half of it"
            )


def _variants(section: Train, credit: Pipeline) -> Iterator[str]:
    """Variants of a task: their own advantages, and prompts that nobody else changes."""
    names = [str(table.get("name")) for table in section.guides]
    varied = [table for table in section.guides if table.get("name") == "share_variants"]
    local = isinstance(credit.estimator, ShareGrpo)
    if local and not varied:
        yield (
            "algorithm 'share_grpo' compares the members that were given one variant of their task, and nothing makes "
            'variants: add train.guides = [{name = "share_variants"}], or take grpo'
        )
    for table in varied:
        options: ShareVariants.Options = GUIDES.options("share_variants", _own(table))  # type: ignore[assignment]
        if options.share and not local:
            yield (
                "guide 'share_variants' credits what was sampled under another variant with the global term of "
                'algorithm "share_grpo": take that, or set share = false, which is EIS-GRPO with any estimator'
            )
        if options.share and credit.multipliers:
            yield "multipliers would scale the rows of own prompts alone, and share_variants adds others: leave one out"
        if len(options.wordings) > section.group_size:
            yield f"share_variants has {len(options.wordings)} variants for train.group_size = {section.group_size}"
    if varied and "noisy_rollout" in names:
        yield (
            "guides 'share_variants' and 'noisy_rollout' both write prompts anew, each from the recorded page, so that "
            "one would undo the other: take one of them"
        )
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        yield f"guides listed twice: {', '.join(twice)}"


def _own(table: dict[str, object]) -> dict[str, object]:
    """The options of a plug-in's table."""
    return {key: value for key, value in table.items() if key != "name"}
