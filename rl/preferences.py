"""Preference learning: pairs of answers to one prompt out of a recorded run, and the stage that learns from them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from clickwright.agents.codecs.turn import Part
from clickwright.rl.batching import Row, passes
from clickwright.rl.feedback_sections import Preferences
from clickwright.rl.models import frozen_copy
from clickwright.rl.pair_update import RowPair, pair_backward
from clickwright.rl.recipe import preference_loss
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.recordings import Recordings
from clickwright.rl.rewards.scoring import same_start
from clickwright.rl.schedule import rise_and_fall
from clickwright.rl.streams import stream
from clickwright.rl.update import Meter, UpdatePlan
from clickwright.rl.warmstart import Training
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.exports.pairs import By, Pair, pairs_by_people, pairs_by_return
from clickwright.trajectories.records import Episode, Step


@dataclass(slots=True, kw_only=True)
class Pairs:
    """Pairs out of a run.

    Attributes:
        pairs: The pairs.
        counts: How many there are by what made them, and how many were left out for which reason.
    """

    pairs: list[RowPair] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


def find_pairs(section: Preferences, recordings: Recordings, writer: Writer) -> Pairs:
    """Find the pairs of a run: what people said first, and returns only where they said nothing.

    Args:
        section: What makes a pair.
        recordings: The run.
        writer: Writes a step in the policy's tokens.

    Raises:
        UnknownNameError: A layer that is needed is not there.
        ConfigError: No pair is left.
    """
    people = recordings.people(section.by, corrections=section.corrections, preferences=section.preferences)
    episodes = {episode.id: episode for episode in recordings}
    found = Pairs()
    by_people, found.counts["unlike_prompts"] = pairs_by_people(people, episodes)
    told = {frozenset(_places(pair)) for pair in by_people}
    by_return = [
        pair
        for group in (same_start(episodes.values()) if By.RETURN in section.by else [])
        for pair in pairs_by_return([(one, _sampled(one)) for one in group], min_gap=section.min_gap)
        if frozenset(_places(pair)) not in told
    ]
    stage = preference_loss(section).stage
    for pair in [*by_people, *by_return]:
        rows = _row_pair(pair, writer)
        if rows is None:
            found.counts["unsayable"] += 1
            continue
        if stage is not None:
            rows = _staged(rows, writer, stage)
            if rows is None:
                found.counts["no_stage"] += 1
                continue
        found.pairs.append(rows)
        found.counts[str(pair.by)] += 1
    if not found.pairs:
        raise recordings.nothing(
            f"no two answers to one prompt, one better than the other by {' or '.join(section.by)}"
        )
    return found


def _sampled(episode: Episode) -> list[Step]:
    return [step for step in episode.steps if step.trainable]


def _places(pair: Pair) -> tuple[tuple[str, int], tuple[str, int]]:
    return (pair.chosen.episode.id, pair.chosen.step.t), (pair.rejected.episode.id, pair.rejected.step.t)


def _row_pair(pair: Pair, writer: Writer) -> RowPair | None:
    step = pair.chosen.step
    better = (
        writer.said(step)
        if pair.action is None
        else writer.corrected(step, {"action": pair.action, "thought": pair.thought})
    )
    worse = writer.said(pair.rejected.step)
    if better is None or worse is None or better == worse:
        return None
    prompt = writer.prompt(pair.chosen.episode, step)
    return RowPair(
        chosen=Row(prompt_ids=prompt, completion_ids=better), rejected=Row(prompt_ids=prompt, completion_ids=worse)
    )


def _staged(pair: RowPair, writer: Writer, stage: Part) -> RowPair | None:
    """The pair with the tokens of one part counted; ``None`` where they are missing in one side, or equal in both."""
    better, worse = pair.chosen.completion_ids, pair.rejected.completion_ids
    spans = writer.stage(better, stage), writer.stage(worse, stage)
    if spans[0] is None or spans[1] is None or better[slice(*spans[0])] == worse[slice(*spans[1])]:
        return None
    return replace(pair, chosen_span=spans[0], rejected_span=spans[1])


def learn_preferences(work: Workspace, section: Preferences, pairs: Sequence[RowPair]) -> dict[str, float]:
    """Minimise the preference loss over pairs; the reference is a frozen copy of the weights as they are."""
    recipe, model = work.recipe, work.model
    loss = preference_loss(section)
    reference = frozen_copy(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=section.lr, betas=(0.9, 0.95), weight_decay=section.weight_decay
    )
    plan = UpdatePlan(micro_tokens=section.micro_tokens, banned_ids=work.policy.banned_ids)
    steps_per_pass = math.ceil(len(pairs) / section.batch_pairs)
    num_steps = steps_per_pass * section.epochs
    meter = Meter()
    rng = stream(recipe.seed, "preferences")
    with (
        work.progress.stage("preferences", num_steps, "steps") as tracker,
        work.policy.updating(work.policy.version + 1),
        Training(model, recipe.seed, "preferences"),
    ):
        for place, part in enumerate(passes(pairs, epochs=section.epochs, size=section.batch_pairs, rng=rng)):
            if place % steps_per_pass == 0:
                meter = Meter()
            for group in optimizer.param_groups:
                group["lr"] = section.lr * rise_and_fall(place, num_steps, section.warmup)
            optimizer.zero_grad(set_to_none=True)
            value, sums = pair_backward(model, part, loss, plan=plan, reference=reference)
            norm = float(torch.nn.utils.clip_grad_norm_(model.parameters(), section.max_grad_norm))
            if not math.isfinite(norm):
                raise FloatingPointError(f"the gradient's norm is {norm} in step {place} (loss {value}): not taken")
            optimizer.step()
            meter.add(sums, len(part))
            meter.add({"loss": value, "grad_norm": norm}, 1)
            tracker.advance(note=f"loss {value:.3f}")
    return {f"preferences/{name}": value for name, value in meter.means().items()}


def preference_stage(work: Workspace, section: Preferences) -> dict[str, float]:
    """Find pairs and learn from them; returns what was measured in the last pass."""
    recipe = work.recipe
    recordings = Recordings(section.run, tasks=recipe.env.tasks, splits=section.splits)
    writer = Writer.of(work, label_refs=section.label_refs)
    found = find_pairs(section, recordings, writer)
    metrics = learn_preferences(work, section, found.pairs)
    metrics |= {f"preferences/num_{name}": float(number) for name, number in found.counts.items()}
    work.metrics.write("preferences", 0, {**metrics, "layers": ", ".join(sorted(recordings.used.values()))})
    return metrics
