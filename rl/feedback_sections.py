"""Tables of a recipe that learn from recorded runs: corrected demonstrations, preferences, rewards from layers."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, field_validator, model_validator

from clickwright.rl.rewards.schedules import Finite, Scheduled
from clickwright.rl.sections import NonNegative, Positive, Rate, Section, Share
from clickwright.trajectories.exports.pairs import By

HELD_OUT = "eval"


class Keep(StrEnum):
    """Why a recorded step becomes a demonstration."""

    SUCCESS = "success"
    GOOD = "good"
    CORRECTED = "corrected"


def _no_held_out(splits: tuple[str, ...]) -> tuple[str, ...]:
    if HELD_OUT in splits:
        raise ValueError(f"episodes of the split {HELD_OUT!r} are what success is measured on: none may be learnt from")
    return splits


class Recorded(Section):
    """Demonstrations out of a recorded run; only episodes of the recipe's own tasks are used.

    Attributes:
        run: Folder of the run.
        keep: A step is used for any of these reasons: its episode met the goal, it is labelled good, it was corrected.
            A step labelled bad or redundant is used only where it was corrected.
        labels: Layer of labels, ``name`` or ``name@version``.
        corrections: Layer of corrections; what it says replaces what was done.
        corrected_repeat: How often a corrected step is shown where another is shown once.
        splits: Splits whose episodes are used.
    """

    run: str
    keep: Annotated[tuple[Keep, ...], Field(min_length=1)] = (Keep.SUCCESS, Keep.CORRECTED)
    labels: str = "label.human"
    corrections: str = "correction.human"
    corrected_repeat: Positive = 1
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("train",)

    _splits = field_validator("splits")(_no_held_out)

    @model_validator(mode="after")
    def _read(self) -> Self:
        if Keep.CORRECTED not in self.keep and self.corrected_repeat != 1:
            raise ValueError("corrected_repeat is read only where keep has 'corrected'")
        return self


class Preferences(Section):
    """Preference learning on pairs of answers that were given to one prompt in a recorded run.

    Attributes:
        run: Folder of the run.
        by: What makes a pair: a ``preference`` of people, a ``correction`` (better than what was done), or a difference
            of ``return`` inside a group.
        preferences: Layer of preferences.
        corrections: Layer of corrections.
        label_refs: Whether corrected actions name the element beside its number.
        min_gap: Least difference of return; only pairs by return read it.
        splits: Splits whose episodes are used.
        epochs: Passes over the pairs.
        batch_pairs: Pairs per optimiser step.
        micro_tokens: Padded tokens per forward pass.
        lr: Peak learning rate, reached after ``warmup`` and then falling to a tenth of itself on a cosine.
        warmup: Share of the optimiser steps spent rising.
        weight_decay: AdamW's.
        max_grad_norm: Longest gradient an optimiser step may take.
        loss: The objective by ``name``, and its options.
    """

    run: str
    by: Annotated[tuple[By, ...], Field(min_length=1)] = (By.PREFERENCE, By.CORRECTION)
    preferences: str = "preference.human"
    corrections: str = "correction.human"
    label_refs: bool = True
    min_gap: NonNegative = 0.0
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("train",)
    epochs: Positive = 2
    batch_pairs: Positive = 16
    micro_tokens: Positive = 4_096
    lr: Rate = 1e-4
    warmup: Share = 0.1
    weight_decay: NonNegative = 0.0
    max_grad_norm: Rate = 1.0
    loss: dict[str, Any] = Field(default_factory=lambda: {"name": "dpo"})

    _splits = field_validator("splits")(_no_held_out)

    @model_validator(mode="after")
    def _read(self) -> Self:
        if self.min_gap and By.RETURN not in self.by:
            raise ValueError("min_gap is read only where by has 'return'")
        return self


class RewardTerm(Section):
    """One term that is added to the environment's reward: ``weight * form(value)``.

    Attributes:
        form: What is done with the values, by ``name``, and its options.
        min_auc: How well a judge's values must tell good from bad, by the report on their agreement; others have none.
    """

    form: dict[str, Any] = Field(default_factory=lambda: {"name": "identity"})
    min_auc: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5


class LayerReward(RewardTerm):
    """A term whose values lie in a layer of the recorded run.

    Attributes:
        layer: ``name`` or ``name@version``.
        weight: Its weight.
    """

    layer: str
    weight: Finite = 1.0


class ScoredReward(RewardTerm):
    """A term whose values a scorer gives to what was just rolled out.

    Attributes:
        scorer: The scorer by ``name``, and its options.
        weight: Its weight, or how it changes with the iterations of training.
        agreement: For a judge: a run on which its agreement, with these very settings, is on record.
    """

    scorer: dict[str, Any]
    weight: Scheduled = 1.0
    agreement: str = ""


class States(Section):
    """States of a recorded run to learn in, one answer at a time; nothing is done in an environment.

    Attributes:
        run: Folder of the run.
        splits: Splits whose successful episodes are used.
        format_weight: Earned by a valid action at elements that are there.
        action_weight: Earned by an action that does what was recorded.
    """

    run: str
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("demo",)
    format_weight: NonNegative = 1.0
    action_weight: Rate = 1.0

    _splits = field_validator("splits")(_no_held_out)


class Offline(Section):
    """Reinforcement learning on the groups of a recorded run, whose rewards layers may change.

    Attributes:
        run: Folder of the run.
        rewards: What is added to the environment's reward.
        algorithm: The estimator by ``name``, and its options.
        loss: The objective by ``name``, and its options.
        splits: Splits whose episodes are used.
        epochs: Passes over the rows.
        batch_rows: Steps per optimiser step.
        micro_tokens: Padded tokens per forward pass.
        lr: Learning rate.
        weight_decay: AdamW's.
        max_grad_norm: Longest gradient an optimiser step may take.
    """

    run: str
    rewards: tuple[LayerReward, ...] = ()
    algorithm: dict[str, Any] = Field(default_factory=lambda: {"name": "gigpo"})
    loss: dict[str, Any] = Field(default_factory=lambda: {"name": "ppo"})
    splits: Annotated[tuple[str, ...], Field(min_length=1)] = ("train",)
    epochs: Positive = 1
    batch_rows: Positive = 256
    micro_tokens: Positive = 4_096
    lr: Rate = 1e-4
    weight_decay: NonNegative = 0.0
    max_grad_norm: Rate = 1.0

    _splits = field_validator("splits")(_no_held_out)
