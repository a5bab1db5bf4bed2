"""Supervised warm start: watch the oracles, then imitate what they did in the words the policy will use."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from typing import Any

import torch

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.base import Codec
from clickwright.agents.codecs.say import demonstrated
from clickwright.agents.prompts import Prompts
from clickwright.agents.scripted import OracleAgent
from clickwright.errors import ConfigError
from clickwright.rl import checkpoint
from clickwright.rl.batching import Row, passes
from clickwright.rl.evaluate import short_name
from clickwright.rl.recipe import WarmStart
from clickwright.rl.recorded_rows import Writer, recorded_rows
from clickwright.rl.recordings import Recordings
from clickwright.rl.runner import Job, by_member
from clickwright.rl.schedule import rise_and_fall
from clickwright.rl.streams import number, stream
from clickwright.rl.thought_dropout import drop_thoughts
from clickwright.rl.update import UpdatePlan, backward
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.records import Episode

PART_WAY = "warm-start"
"""Where a run keeps the checkpoint of an unfinished warm start."""


def demonstrations(work: Workspace, section: WarmStart) -> list[Episode]:
    """Let every task's oracle act on training seeds; what it did not solve is left out.

    Raises:
        ConfigError: Not one demonstration succeeded.
    """
    recipe = work.recipe
    per_task = []
    for env_id in recipe.env.tasks:
        seeds = stream(recipe.seed, "demonstrations", env_id).integers(2**31, size=section.episodes_per_task)
        per_task.append(
            [
                Job(
                    env_id=env_id,
                    seed=int(seed),
                    split="train",
                    stream=f"demo/{env_id}/{seed}",
                    episode_id=f"demo{work.session}-{short_name(env_id)}-{place}",
                    recorded_as="demo",
                    frames=recipe.record.frames == "all",
                )
                for place, seed in enumerate(seeds)
            ]
        )
    jobs = by_member(per_task)
    with work.progress.stage("demonstrations", len(jobs), "episodes") as tracker:
        agent = OracleAgent(label_refs=section.label_refs)
        episodes = work.runner.run(jobs, agent, on_done=lambda episode: tracker.advance())
    good = [episode for episode in episodes if episode.trainable and episode.success]
    if not good:
        raise ConfigError(f"none of {len(episodes)} oracle episodes succeeded: there is nothing to imitate")
    work.metrics.write("demonstrations", 0, {"demo/episodes": len(episodes), "demo/success": len(good) / len(episodes)})
    return good


def demonstration_rows(
    episodes: Sequence[Episode],
    prompts: Prompts,
    tokenizer: Any,
    *,
    max_new_tokens: int,
    codec: str | Codec = "canonical",
) -> list[Row]:
    """One row per step: the prompt the policy would have read there, and the words for what the oracle did.

    The end token closes them. Steps that the dialect has no words for, or whose words would not fit a completion, are
    left out: the policy could never say them.
    """
    codec = get_codec(codec)
    rows = []
    for episode in episodes:
        for t, step in enumerate(episode.steps):
            said = demonstrated(codec, step)
            words = [] if said is None else tokenizer(said, add_special_tokens=False)["input_ids"]
            if said is None or len(words) >= max_new_tokens:
                continue
            built = prompts.build(
                goal=episode.goal, page=step.text, error=step.error, history=episode.steps[:t], codec=codec
            )
            rows.append(Row(prompt_ids=built.token_ids, completion_ids=(*words, tokenizer.eos_token_id)))
    return rows


def warm_start(work: Workspace, section: WarmStart) -> dict[str, float]:
    """Collect demonstrations, take those of a recorded run, and imitate them; returns what was measured."""
    recipe = work.recipe
    started = time.perf_counter()
    rows, notes = list[Row](), dict[str, Any]()
    if section.episodes_per_task:
        episodes = demonstrations(work, section)
        longest, codec = recipe.rollout.max_new_tokens, recipe.agent.codec
        rows = demonstration_rows(episodes, work.prompts, work.tokenizer, max_new_tokens=longest, codec=codec)
        if not rows:
            raise ConfigError(
                f"every demonstrated action is longer than rollout.max_new_tokens={longest}, or cannot be said in "
                f"agent.codec={codec!r}"
            )
        notes["warm/episodes"] = len(episodes)
    if section.recorded is not None:
        recordings = Recordings(section.recorded.run, tasks=recipe.env.tasks, splits=section.recorded.splits)
        found = recorded_rows(section.recorded, recordings, Writer.of(work, label_refs=section.label_refs))
        rows += found.rows
        notes |= {f"warm/recorded_{name}": number for name, number in found.counts.items()}
        notes["warm/layers"] = ", ".join(sorted(recordings.used.values()))
    if section.thought_dropout:
        rng = stream(recipe.seed, "thought dropout")
        thinned = drop_thoughts(rows, section.thought_dropout, writer=Writer.of(work, label_refs=True), rng=rng)
        rows = thinned.rows
        notes |= {"warm/thoughts": thinned.num_thoughts, "warm/thoughts_dropped": thinned.num_dropped}
    collected = time.perf_counter()
    metrics = imitate(work, section, rows)
    metrics |= {
        "warm/rows": len(rows),
        "warm/collect_s": collected - started,
        "warm/imitate_s": time.perf_counter() - collected,
    }
    work.metrics.write("warm-start", 0, {**metrics, **notes})
    return metrics


def imitate(work: Workspace, section: WarmStart, rows: Sequence[Row]) -> dict[str, float]:
    """Minimise the supervised loss over rows; goes on where a session was cut off that had come part of the way."""
    recipe = work.recipe
    home, every = work.run_dir / PART_WAY, work.recipe.checkpoint.warm_every
    loss = recipe.warm_start_loss()
    rng = stream(recipe.seed, "warm-start")
    model = work.model
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=section.lr, betas=(0.9, 0.95), weight_decay=section.weight_decay
    )
    plan = UpdatePlan(micro_tokens=section.micro_tokens, banned_ids=work.policy.banned_ids)
    num_steps = math.ceil(len(rows) / section.batch_rows) * section.epochs
    found = checkpoint.find(home)
    at = checkpoint.load(found, model=model, optimizer=optimizer) if found else {"steps": 0, "inputs": 0, "smooth": 0.0}
    begun, num_inputs, smooth = int(at["steps"]), int(at["inputs"]), float(at["smooth"])
    with (
        work.progress.stage("warm start", num_steps, "steps", done=begun) as tracker,
        work.policy.updating(work.policy.version + 1),
        Training(model, recipe.seed, "warm-start"),
    ):
        for place, part in enumerate(passes(rows, epochs=section.epochs, size=section.batch_rows, rng=rng)):
            if place < begun:
                continue
            for group in optimizer.param_groups:
                group["lr"] = section.lr * rise_and_fall(place, num_steps, section.warmup)
            optimizer.zero_grad(set_to_none=True)
            value, _, _ = backward(model, part, loss, plan=plan)
            torch.nn.utils.clip_grad_norm_(model.parameters(), section.max_grad_norm)
            optimizer.step()
            num_inputs += sum(row.num_inputs for row in part)
            smooth = value if place == 0 else 0.95 * smooth + 0.05 * value
            if place % 20 == 0:
                work.metrics.write("imitate", place, {"warm/loss": value})
            tracker.advance(note=f"loss {smooth:.3f}")
            if every and (place + 1) % every == 0 and place + 1 < num_steps:
                state = {"steps": place + 1, "inputs": num_inputs, "smooth": smooth}
                checkpoint.save(home, place + 1, model=model, optimizer=optimizer, state=state, keep=1)
    return {"warm/final_loss": smooth, "warm/tokens": float(num_inputs), "warm/steps": float(num_steps)}


class Training:
    """Put a model into training mode with a random stream of its own, and back into evaluation mode."""

    def __init__(self, model: torch.nn.Module, seed: int, *names: str | int) -> None:
        self._model, self._seed = model, number(seed, "torch", *names)
        self._fork = torch.random.fork_rng(devices=[])

    def __enter__(self) -> None:
        """Begin."""
        self._fork.__enter__()
        torch.manual_seed(self._seed)
        self._model.train()

    def __exit__(self, *exc_info: object) -> None:
        """End."""
        self._model.eval()
        self._fork.__exit__(None, None, None)
