"""A big run for ``benchmarks.store``: episodes with the texts of plausible pages, and the same as JSON files."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.json_files import json_file
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.store import StoreWriter

RARE = "quicksilver"
"""A word that one goal in ten thousand holds."""

SEEDS_PER_TASK = 500
PAGES_PER_EPISODE = 4
_rng = random.Random(0)
_SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
VOCABULARY = ["".join(_rng.choices(_SYLLABLES, k=_rng.randint(1, 4))) for _ in range(20_000)]
TASKS = [f"task-{number:02}" for number in range(40)]


def words(rng: random.Random, count: int) -> str:
    """Words, frequent ones more often, as in any language."""
    return " ".join(VOCABULARY[int(len(VOCABULARY) * rng.random() ** 3)] for _ in range(count))


def page(task: str, seed: int, number: int) -> tuple[str, tuple[dict[str, object], ...]]:
    """Text and elements of a page: the same for everybody who comes to it."""
    rng = random.Random(f"{task}/{seed}/{number}")
    names = [words(rng, 2) for _ in range(15)]
    text = "\n".join(f'button "{name}" [{ref}]' for ref, name in enumerate(names, start=1))
    box = (0.1, 0.2, 0.3, 0.4)
    return text, tuple({"ref": ref, "role": "button", "name": n, "box": box} for ref, n in enumerate(names, start=1))


def make_episode(number: int) -> Episode:
    """One episode: up to six steps over the pages of one of 20,000 starts."""
    rng = random.Random(number)
    task, seed = rng.choice(TASKS), rng.randrange(SEEDS_PER_TASK)
    steps = []
    for t in range(rng.randint(2, 6)):
        text, elements = page(task, seed, t % PAGES_PER_EPISODE)
        ref = rng.randint(1, 15)
        name = str(elements[ref - 1]["name"])
        steps.append(
            Step(
                t=t, state_key=f"{rng.getrandbits(64):016x}", text=text, elements=elements,
                raw=f'I press it: {words(rng, 6)}. click "{name}" [{ref}]',
                prompt_ids=tuple(rng.choices(range(4000), k=60)), completion_ids=tuple(rng.choices(range(4000), k=12)),
                logprobs=tuple(-rng.random() for _ in range(12)), finish_reason="stop",
                action={"kind": "click", "target": {"ref": ref, "name": name}}, box=(0.1, 0.2, 0.3, 0.4),
                reward=rng.choice((0.0, 0.0, 1.0)), timing_ms={"act": 1.0, "observe": 2.0},
            )
        )  # fmt: skip
    goal = f"Find {words(rng, 8)}" + (f" and {RARE}" if number % 10_000 == 77 else "")
    return Episode(
        id=f"e{number:06}", env_id=f"bench/{task}-v0", task=task, seed=seed, goal=goal,
        agent=f"policy@{number // 1000}", split="eval" if number % 10 == 0 else "train",
        group_id=f"g{number // 8}", member=number % 8, iteration=number // 1000, status=Status.TERMINATED,
        success=rng.random() < 0.5, steps=tuple(steps),
    )  # fmt: skip


def build(folder: Path, count: int) -> Iterator[int]:
    """Write ``count`` episodes as a run, with a layer, and as one JSON file each; yields how many are written."""
    with StoreWriter(folder / "run") as writer:
        for number in range(count):
            episode = make_episode(number)
            writer.begin(replace(episode, steps=()))
            for step in episode.steps:
                writer.append(episode.id, step)
            writer.end(episode)
            path = json_file(folder, number)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(asdict(episode)), encoding="utf-8")
            if number % 10_000 == 9_999:
                yield number + 1
    layers = Layers(folder / "run")
    for start in range(0, count, 1000):
        made = (make_episode(number) for number in range(start, min(count, start + 1000)))
        values = [(episode.id, step.t, step.reward - 0.5) for episode in made for step in episode.steps]
        layers.put("advantage", 1, producer="bench", values=values)
