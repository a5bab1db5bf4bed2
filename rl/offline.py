"""Reinforcement learning on recorded groups: rewards from layers, the usual estimator, one optimisation phase."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from clickwright.errors import ConfigError
from clickwright.rl.advantages import ESTIMATORS, Group, columns
from clickwright.rl.feedback_sections import Offline
from clickwright.rl.losses import LOSSES
from clickwright.rl.mixed_rewards import layer_terms
from clickwright.rl.models import frozen_copy
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.recordings import Recordings
from clickwright.rl.registry import plugin
from clickwright.rl.rewards.mixing import mix
from clickwright.rl.rewards.scoring import same_start
from clickwright.rl.rows import rows_of
from clickwright.rl.streams import stream
from clickwright.rl.update import UpdatePlan, update
from clickwright.rl.warmstart import Training
from clickwright.rl.workspace import Workspace


def recorded_groups(recordings: Recordings) -> list[Group]:
    """The groups of a run with at least two members.

    Raises:
        ConfigError: There is none.
    """
    found = [
        Group(id=members[0].group_id or members[0].id, task=members[0].env_id, seed=members[0].seed,
              episodes=tuple(members))
        for members in same_start(episode for episode in recordings if episode.steps)
        if len(members) > 1
    ]  # fmt: skip
    if not found:
        raise recordings.nothing("no two episodes that began in the same state")
    return found


def offline_stage(work: Workspace, section: Offline) -> dict[str, float]:
    """Learn from recorded groups; returns what was measured.

    Raises:
        ConfigError: There are no groups that differ, or their tokens are not this policy's.
    """
    recipe = work.recipe
    recordings = Recordings(section.run, tasks=recipe.env.tasks, splits=section.splits)
    groups = recorded_groups(recordings)
    mixed = mix(groups, layer_terms(recordings, section.rewards))
    useful = mixed.useful(groups)
    if not useful:
        raise recordings.nothing(f"in none of its {len(groups)} groups do the scores differ")
    _refuse_strange_tokens(work, section, useful)
    estimator, loss = plugin(ESTIMATORS, section.algorithm, "gigpo"), plugin(LOSSES, section.loss, "ppo")
    credit = estimator.advantages(columns(useful, rewards=mixed.rewards))
    rows = rows_of(useful, credit)
    if not rows:
        raise recordings.nothing("no step of its groups was sampled by a policy")
    optimizer = torch.optim.AdamW(
        work.model.parameters(), lr=section.lr, betas=(0.9, 0.95), weight_decay=section.weight_decay
    )
    plan = UpdatePlan(
        epochs=section.epochs,
        num_minibatches=math.ceil(len(rows) / section.batch_rows),
        micro_tokens=section.micro_tokens,
        max_grad_norm=section.max_grad_norm,
        temperature=recipe.rollout.temperature,
        banned_ids=work.policy.banned_ids,
    )
    reference = frozen_copy(work.model) if loss.needs_reference else None
    rng = stream(recipe.seed, "offline")
    with work.policy.updating(work.policy.version + 1), Training(work.model, recipe.seed, "offline"):
        measured = update(work.model, optimizer, rows, loss, plan=plan, rng=rng, reference=reference)
    metrics = {f"offline/{name}": value for name, value in measured.items()}
    metrics |= {"offline/groups": float(len(groups)), "offline/useful": float(len(useful)), **mixed.metrics}
    metrics |= {f"offline/{name}": value for name, value in credit.metrics.items()}
    work.metrics.write("offline", 0, {**metrics, "layers": ", ".join(sorted(recordings.used.values()))})
    return metrics


def _refuse_strange_tokens(work: Workspace, section: Offline, groups: Sequence[Group]) -> None:
    """Recorded log-probabilities belong to recorded ids: another tokenizer's would be read as something else."""
    writer = Writer.of(work, label_refs=False)
    for group in groups:
        for episode in group.episodes:
            for step in episode.steps:
                if step.trainable and not writer.sampled_here(step):
                    raise ConfigError(
                        f"{section.run}: the tokens of episode {episode.id!r} step {step.t} are not those of this "
                        "model's tokenizer: start from the model that recorded the run, or learn from it by "
                        "[warm_start.recorded] or [preferences], which read text too"
                    )
