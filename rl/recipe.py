"""What a run is made of: every setting, its range and its meaning.

A stage runs when its section is there: no ``[warm_start]`` means no demonstrations, no ``[train]`` means no RL.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS, Pipeline
from clickwright.rl.combinations import check_combination, check_imitation
from clickwright.rl.critic_section import CriticSection
from clickwright.rl.feedback_sections import Offline, Preferences, Recorded, RewardTerm, ScoredReward, States
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.guides import GUIDES
from clickwright.rl.loop_plugins import LoopPlugins
from clickwright.rl.losses import LOSSES, PREFERENCE_LOSSES
from clickwright.rl.losses.base import Loss
from clickwright.rl.losses.pairs import PreferenceLoss
from clickwright.rl.registry import plugin
from clickwright.rl.replay_sections import OffPolicy, TaskFilter
from clickwright.rl.rewards import FORMS, SCORERS
from clickwright.rl.rewards.forms.base import Form
from clickwright.rl.rewards.schedules import Scheduled
from clickwright.rl.rewards.scorers.base import Scorer
from clickwright.rl.run_sections import Agent, Checkpoint, Env, Evaluate, Model, Record, Rollout
from clickwright.rl.samplers import SAMPLERS
from clickwright.rl.sampling_combinations import check_sampling
from clickwright.rl.sections import Count, Positive, Rate, Section
from clickwright.rl.thought_dropout import check_thought_dropout


class WarmStart(Section):
    """Supervised learning on what the oracles do, and on what was recorded and corrected.

    Attributes:
        episodes_per_task: Oracle episodes per task; 0 for none.
        recorded: Demonstrations out of a recorded run; absent for none.
        label_refs: Whether demonstrated actions name the element beside its number, as in ``click "Ok" [3]``.
        epochs: Passes over their steps.
        batch_rows: Steps per optimiser step.
        micro_tokens: Padded tokens per forward pass.
        lr: Peak learning rate, reached after ``warmup`` and then falling to a tenth of itself on a cosine.
        warmup: Share of the optimiser steps spent rising.
        weight_decay: AdamW's.
        max_grad_norm: Longest gradient an optimiser step may take.
        loss: The objective by ``name``, and its options.
        thought_dropout: Probability that a demonstration is shown without its thought; 0 for never.
    """

    episodes_per_task: Count = 100
    recorded: Recorded | None = None
    label_refs: bool = True
    epochs: Positive = 2
    batch_rows: Positive = 32
    micro_tokens: Positive = 4_096
    lr: Rate = 1e-3
    warmup: Annotated[float, Field(ge=0.0, lt=1.0)] = 0.1
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.01
    max_grad_norm: Rate = 1.0
    loss: dict[str, Any] = Field(default_factory=lambda: {"name": "sft"})
    thought_dropout: Annotated[float, Field(ge=0.0, le=1.0)] = 0.0

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.episodes_per_task and self.recorded is None:
            raise ValueError("episodes_per_task = 0 without [warm_start.recorded] leaves nothing to imitate")
        return self


class Train(Section):
    """Reinforcement learning.

    Attributes:
        algorithm: The estimator by ``name``, and its options.
        editors: What changes rewards before they are credited, each by ``name`` with its options.
        multipliers: What scales advantages after that, each by ``name`` with its options.
        loss: The objective by ``name``, and its options.
        rewards: What scorers add to the environment's reward; what each gave is kept as a layer.
        own_weight: What the environment's own reward counts beside ``rewards``, or how that changes; 0 to learn from
            them alone.
        groups: Groups rolled out per iteration.
        group_size: Episodes per group.
        sampler: What chooses the tasks and seeds of groups, by ``name``, and its options.
        guides: What changes how their members act, each by ``name`` with its options, in the order they are applied.
        group_editors: What changes which episodes are learnt from, each by ``name`` with its options, in their order.
        states: Recorded states to answer in, instead of episodes in environments; absent for episodes.
        critic: Value network beside the policy; absent for none.
        pass_rates: File of pass rates, as ``clickwright profile`` writes it, that samplers and ``task_filter`` read;
            empty for none.
        task_filter: Which tasks RL is done on, by their pass rates; absent for all.
        off_policy: What is done with rows that older weights sampled, as a replay brings them.
        max_iterations: Iterations after which training ends.
        max_seconds: Seconds after which it ends, whichever comes first; 0 for no limit.
        max_env_steps: Environment steps after which it ends, with the iteration that reaches them; 0 for no limit.
        lr: Peak learning rate.
        schedule: ``"constant"``, or ``"linear"`` or ``"cosine"`` down to ``lr_floor`` of the peak.
        lr_floor: Share of the peak at the end.
        warmup_iterations: Iterations spent rising to the peak.
        ppo_epochs: Passes over an iteration's rows.
        minibatches: Optimiser steps per pass.
        micro_tokens: Padded tokens per forward pass.
        weight_decay: AdamW's.
        betas: AdamW's.
        max_grad_norm: Longest gradient an optimiser step may take.
        stall_warning: Iterations in a row without a single useful group after which a warning is printed.
        eval_every: Iterations between light evaluations on training seeds; 0 for none.
        eval_episodes: Episodes per task in a light evaluation.
    """

    algorithm: dict[str, Any] = Field(default_factory=lambda: {"name": "gigpo"})
    editors: tuple[dict[str, Any], ...] = ()
    multipliers: tuple[dict[str, Any], ...] = ()
    loss: dict[str, Any] = Field(default_factory=lambda: {"name": "ppo"})
    rewards: tuple[ScoredReward, ...] = ()
    own_weight: Scheduled = 1.0
    groups: Positive = 16
    group_size: Annotated[int, Field(ge=2)] = 8
    sampler: dict[str, Any] = Field(default_factory=lambda: {"name": "balanced"})
    guides: tuple[dict[str, Any], ...] = ()
    group_editors: tuple[dict[str, Any], ...] = ()
    states: States | None = None
    critic: CriticSection | None = None
    pass_rates: str = ""
    task_filter: TaskFilter | None = None
    off_policy: OffPolicy = OffPolicy()
    max_iterations: Positive = 50
    max_seconds: Annotated[float, Field(ge=0.0)] = 0.0
    max_env_steps: Count = 0
    lr: Rate = 3e-4
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    lr_floor: Annotated[float, Field(ge=0.0, le=1.0)] = 0.1
    warmup_iterations: Count = 1
    ppo_epochs: Positive = 1
    minibatches: Positive = 2
    micro_tokens: Positive = 4_096
    weight_decay: Annotated[float, Field(ge=0.0)] = 0.0
    betas: tuple[float, float] = (0.9, 0.95)
    max_grad_norm: Rate = 1.0
    stall_warning: Positive = 3
    eval_every: Count = 0
    eval_episodes: Positive = 8

    @model_validator(mode="after")
    def _profiled(self) -> Self:
        if self.task_filter is not None and not self.pass_rates:
            raise ValueError(
                "task_filter goes by pass rates, and train.pass_rates names no file: write one with clickwright profile"
            )
        return self


class Recipe(Section):
    """A whole run.

    Attributes:
        name: What the run is called in tables.
        seed: Root of every random stream.
        model: Where the weights come from.
        env: What is acted on.
        rollout: How episodes are collected.
        agent: How the policy speaks.
        warm_start: Supervised stage; absent for none.
        preferences: Preference learning on a recorded run; absent for none.
        offline: RL on a recorded run; absent for none.
        train: RL stage; absent for none.
        evaluate: Held-out evaluation.
        record: What is kept.
        checkpoint: When a run can be taken up again.
    """

    name: str
    seed: Count = 0
    model: Model = Model()
    env: Env
    rollout: Rollout = Rollout()
    agent: Agent = Agent()
    warm_start: WarmStart | None = None
    preferences: Preferences | None = None
    offline: Offline | None = None
    train: Train | None = None
    evaluate: Evaluate = Evaluate()
    record: Record = Record()
    checkpoint: Checkpoint = Checkpoint()

    @model_validator(mode="after")
    def _stages(self) -> Self:
        if not any((self.warm_start, self.preferences, self.offline, self.train)):
            raise ValueError(
                "a recipe without [warm_start], [preferences], [offline] and [train] changes nothing: give one of them"
            )
        return self

    def warm_start_loss(self) -> Loss:
        """The supervised objective.

        Raises:
            UnknownNameError: No loss has that name, or it reads no such option.
            ConfigError: An option is out of range.
        """
        return plugin(LOSSES, self.warm_start.loss if self.warm_start else {}, "sft")

    def train_loss(self) -> Loss:
        """The RL objective; raises like ``warm_start_loss``."""
        return plugin(LOSSES, self.train.loss if self.train else {}, "ppo")

    def estimator(self) -> Pipeline:
        """The advantage estimator with its editors and multipliers; raises like ``warm_start_loss``."""
        train = self.train or Train()
        return Pipeline(
            plugin(ESTIMATORS, train.algorithm, "gigpo"),
            editors=[plugin(EDITORS, table, "") for table in train.editors],
            multipliers=[plugin(MULTIPLIERS, table, "") for table in train.multipliers],
        )

    def loop_plugins(self) -> LoopPlugins:
        """The sampler, guides and group editors; raises like ``warm_start_loss``."""
        train = self.train or Train()
        return LoopPlugins(
            sampler=plugin(SAMPLERS, train.sampler, "balanced"),
            guides=[plugin(GUIDES, table, "") for table in train.guides],
            group_editors=[plugin(GROUP_EDITORS, table, "") for table in train.group_editors],
        )

    def check(self) -> None:
        """Build every plug-in once, so that a bad option, or parts that do not fit, stop a run before it starts.

        Raises:
            UnknownNameError: Nothing has a name that is asked for, or nothing reads an option.
            ConfigError: An option is out of range, or a combination makes no sense.
        """
        if self.warm_start is not None:
            check_imitation(self.warm_start.loss, self.warm_start_loss())
            check_thought_dropout(self.warm_start, self.agent.codec)
        if self.preferences is not None:
            preference_loss(self.preferences)
        if self.offline is not None:
            plugin(LOSSES, self.offline.loss, "ppo")
            plugin(ESTIMATORS, self.offline.algorithm, "gigpo")
            for term in self.offline.rewards:
                form_of(term)
        if self.train is not None:
            plugins, loss, credit = self.loop_plugins(), self.train_loss(), self.estimator()
            check_combination(self.train, loss, credit)
            check_sampling(self.train, self.env, plugins, loss, credit)
            for scored in self.train.rewards:
                form_of(scored)
                scorer_of(scored)


def preference_loss(section: Preferences) -> PreferenceLoss:
    """The objective of preference learning; raises like ``plugin``."""
    return plugin(PREFERENCE_LOSSES, section.loss, "dpo")


def form_of(term: RewardTerm) -> Form:
    """What is done with a term's values; raises like ``plugin``."""
    return plugin(FORMS, term.form, "identity")


def scorer_of(term: ScoredReward) -> Scorer:
    """Who gives a term's values; raises like ``plugin``."""
    return plugin(SCORERS, term.scorer, "")
