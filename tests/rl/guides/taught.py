"""Episodes and a lesson for the tests of guides that have a say in the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from clickwright.agents.codecs import get_codec
from clickwright.agents.prompts import PromptBuilder
from clickwright.rl.advantages import Group
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.batching import Row
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.runner import Job
from clickwright.rl.teaching import Lesson
from clickwright.trajectories.records import Episode, Status, Step

PLAN = GroupPlan(task="e", seed=7, size=4)
PROMPTS = PromptBuilder(lambda text: tuple(text.encode()), max_tokens=5_000)


def moment(iteration: int = 0, max_iterations: int = 10, *, seed: int = 0) -> Moment:
    """Where a training stands."""
    return Moment(
        iteration=iteration,
        max_iterations=max_iterations,
        version=0,
        seed=seed,
        tasks=("e",),
        num_groups=1,
        group_size=4,
    )


def jobs(num: int = 4) -> list[Job]:
    """The jobs of a group."""
    return [
        Job(
            env_id="e", seed=7, split="train", stream=f"s{k}", episode_id=f"e{k}", recorded_as="train", group_id="g",
            member=k,
        )
        for k in range(num)
    ]  # fmt: skip


def text_of(prompt_ids: Sequence[int]) -> str:
    """A prompt's text."""
    return bytes(prompt_ids).decode()


def episode(name: str, pages: Sequence[str], *, reward: float = 0.0, **meta: object) -> Episode:
    """An episode that read a page at each step and said one token; its prompts are not those of these pages."""
    steps = tuple(
        Step(
            t=t, state_key=page, text=page, prompt_ids=(1, t), completion_ids=(65 + t,), logprobs=(-0.5,),
            action={"kind": "click", "target": {"ref": t + 1}}, reward=reward if t == len(pages) - 1 else 0.0,
        )
        for t, page in enumerate(pages)
    )  # fmt: skip
    return Episode(
        id=name, env_id="e", task="t", seed=7, goal="win", group_id="g", steps=steps, status=Status.TERMINATED,
        success=reward > 0, meta=meta,
    )  # fmt: skip


def group(*episodes: Episode) -> Group:
    """A group of them."""
    return Group(id="g", task="t", seed=7, episodes=episodes)


def lesson(groups: Sequence[Group], credit: Advantages | None = None) -> Lesson:
    """A lesson whose weights give every token the log-probability minus the length of the prompt."""

    def logprobs_of(rows: Sequence[Row]) -> list[torch.Tensor]:
        return [torch.full((len(row.completion_ids),), -float(len(row.prompt_ids))) for row in rows]

    writer = Writer(prompts=PROMPTS, tokenizer=None, codec=get_codec("canonical"), max_new_tokens=9)
    return Lesson(
        groups=groups,
        credit=credit or Advantages(total=np.zeros(0)),
        writer=writer,
        imitates=False,
        logprobs_of=logprobs_of,
    )
