"""Parts of a recipe that do not fit together, and why: told before a run starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from clickwright.errors import ConfigError
from clickwright.rl.advantages import Pipeline
from clickwright.rl.advantages.columns import FILLED
from clickwright.rl.advantages.dr_grpo import DrGrpo
from clickwright.rl.advantages.none import Nothing
from clickwright.rl.advantages.opo import Opo
from clickwright.rl.advantages.spo import Spo
from clickwright.rl.losses import Aggregation, Loss, Reads, Unit
from clickwright.rl.replay_slots import Slot

if TYPE_CHECKING:
    from clickwright.rl.recipe import Train


def check_imitation(table: Mapping[str, Any], loss: Loss) -> None:
    """Refuse a warm start on a loss that needs what demonstrations do not have.

    Raises:
        ConfigError: The loss reads rewards.
    """
    if loss.reads is not Reads.NOTHING:
        raise ConfigError(
            f"warm_start.loss = {_name(table, 'sft')!r} reads what was earned, and a demonstration has neither "
            "advantages nor behaviour log-probabilities: take sft"
        )


def check_combination(section: Train, loss: Loss, credit: Pipeline) -> None:
    """Refuse parts of RL of which one would be read by nothing, or would not be what its name says.

    Raises:
        ConfigError: Says all that is wrong, and what to set instead.
    """
    problems = [
        *_worth(section, loss, credit),
        *_credit(section, credit),
        *_steps(section, loss, credit),
        *_replay(section, loss, credit),
    ]
    if problems:
        raise ConfigError("; ".join(problems))


def _worth(section: Train, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """What the loss takes for the worth of a step, against what it is given."""
    name, algorithm = _name(section.loss, "ppo"), _name(section.algorithm, "gigpo")
    nothing = isinstance(credit.estimator, Nothing)
    if loss.reads is Reads.NOTHING:
        yield (
            f"train.loss = {name!r} imitates everything that was sampled, whatever it earned: take filtered_sft or "
            "signed_sft as a control, or a policy loss"
        )
    elif loss.reads is Reads.SCORES:
        if not nothing:
            yield (
                f"train.loss = {name!r} reads the scores of episodes and no advantages, so nothing would read those of "
                f'{algorithm!r}: set train.algorithm = {{name = "none"}}'
            )
        if credit.editors or credit.multipliers:
            yield f"train.loss = {name!r} reads no advantages, so editors and multipliers would change nothing"
    elif nothing:
        yield f"train.loss = {name!r} multiplies advantages, and algorithm 'none' gives none: name an estimator"


def _credit(section: Train, credit: Pipeline) -> Iterator[str]:
    """What the estimator reads, against what a run can give it."""
    algorithm = _name(section.algorithm, "gigpo")
    missing = credit.needs - FILLED
    if missing:
        yield (
            f"algorithm {algorithm!r} reads the column {', '.join(sorted(missing))}, and the trainer has no critic "
            "that would fill it: take critic = 'others'"
        )
    if isinstance(credit.estimator, Spo):
        yield (
            "algorithm 'spo' values the points at which episodes branch, and the runner of this trainer never branches "
            "one: it would be grpo with norm = 'mean_norm'; take that, or call the estimator on episodes with branches"
        )
    twice = sorted({name for names in _names(section) for name in names if names.count(name) > 1})
    if twice:
        yield f"listed twice, so that it would count twice: {', '.join(twice)}"


def _steps(section: Train, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """How an update goes through a batch."""
    if isinstance(credit.estimator, DrGrpo) and loss.aggregation is not Aggregation.CONSTANT:
        yield (
            f"dr_grpo needs token losses that are summed and divided by a constant, and train.loss.aggregation is "
            f"'{loss.aggregation}': set aggregation = 'constant' and constant_length, or take grpo, norm = 'mean_norm'"
        )
    taken = section.ppo_epochs * section.minibatches
    if isinstance(credit.estimator, Opo) and credit.estimator.strict_on_policy:
        if taken > 1 or loss.split_probability:
            yield (
                f"opo's baseline is optimal for exact on-policy training, and ppo_epochs = {section.ppo_epochs} with "
                f"minibatches = {section.minibatches} takes {taken} optimiser steps on one batch (twice that with "
                "lopti): set both to 1 with a one-pass loss, or strict_on_policy = false"
            )
    most = {Unit.GROUP: section.groups, Unit.EPISODE: section.groups * section.group_size}.get(loss.unit)
    if most is not None and section.minibatches > most:
        yield (
            f"train.loss = {_name(section.loss, 'ppo')!r} never splits a {loss.unit}, and minibatches = "
            f"{section.minibatches} asks for more parts than the {most} there are"
        )


def _replay(section: Train, loss: Loss, credit: Pipeline) -> Iterator[str]:
    """What replayed episodes are put into, and who makes up for their age."""
    correction = section.off_policy.correction
    if correction != "none" and loss.reads is not Reads.ADVANTAGES:
        yield (
            f"train.off_policy.correction = {correction!r} weighs advantages, and train.loss = "
            f"{_name(section.loss, 'ppo')!r} reads none: set it to 'none'"
        )
    for table in section.group_editors:
        if _name(table, "") != "arpo_replay":
            continue
        if isinstance(credit.estimator, Opo) and credit.estimator.strict_on_policy:
            yield (
                "opo's baseline is optimal for exact on-policy training, and arpo_replay puts older episodes into "
                "groups: set strict_on_policy = false, or take another estimator"
            )
        taken = int(table.get("k", 1))
        if table.get("slot", Slot.FIRST) != Slot.APPEND and taken >= section.group_size:
            yield (
                f"arpo_replay.k = {taken} would take the places of all {section.group_size} members of a group: take "
                "fewer, or slot = 'append'"
            )


def _names(section: Train) -> tuple[list[str], list[str]]:
    return [_name(one, "") for one in section.editors], [_name(one, "") for one in section.multipliers]


def _name(table: Mapping[str, Any], default: str) -> str:
    return str(table.get("name", default))
