"""Run an evaluation: every agent, every section, every task, every seed, every try; recorded, then summed up.

::

    models + plan -> sections -> jobs -> Runner -> episodes in DIR -> outcomes -> report -> eval.json, eval.png, table
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from pathlib import Path

from clickwright.agents.agent import Agent, LanguageAgent
from clickwright.envs.lookup import find_id
from clickwright.envs.pool.kind import Kind
from clickwright.envs.versions import installed
from clickwright.errors import ConfigError
from clickwright.rl.evaluate import held_out
from clickwright.rl.exams.contestant import Contestant, codec_of
from clickwright.rl.exams.outcome import Outcome, outcome_of
from clickwright.rl.exams.picture import draw_report
from clickwright.rl.exams.plan import SPLIT, Plan, Section, check_plan, sections_of
from clickwright.rl.exams.report import ModelReport, Report, model_report, report_of
from clickwright.rl.exams.table import table
from clickwright.rl.kinds import kind_of
from clickwright.rl.progress import Progress
from clickwright.rl.run_folder import PACKAGES
from clickwright.rl.runner import Job, Runner
from clickwright.trajectories.store import StoreWriter

RESULT, PICTURE = "eval.json", "eval.png"


def examine(agents: Sequence[Contestant], plan: Plan, out: Path, *, progress: Progress) -> Report:
    """Evaluate one agent, or two on the same episodes, and write everything into a folder.

    Args:
        agents: Who acts.
        plan: What they are asked.
        out: Gets the store of all episodes, ``eval.json`` and ``eval.png``.
        progress: Talks to the person.

    Raises:
        ConfigError: A plan that cannot be run, more than two agents, or a folder that holds something.
        UnknownNameError: An environment or a variant that does not exist.
    """
    if not 1 <= len(agents) <= 2:
        raise ConfigError(f"{len(agents)} agents: give one, or two to compare")
    trained_on = [task for one in agents if one.recipe is not None for task in one.recipe.env.tasks]
    check_plan(plan, trained_on=trained_on)
    if out.exists() and (out.is_file() or any(out.iterdir())):
        raise ConfigError(f"{out} exists and is not empty: name a folder that does not exist yet")
    sections = sections_of(plan)
    facts = [dict(one.facts) for one in agents]
    made = {"packages": installed(PACKAGES), "python": platform.python_version(), "machine": platform.platform()}
    with StoreWriter(out, run_meta={"command": "eval", "models": facts, "settings": plan.as_json(), **made}) as writer:
        models = [
            _examined(agent, number, plan, sections.found, writer, progress)
            for number, agent in enumerate(agents, start=1)
        ]
    report = report_of(plan, models, sections.notes)
    text = json.dumps({**report.as_json(), "made_with": made}, indent=1, allow_nan=False)
    (out / RESULT).write_text(text + "\n", encoding="utf-8")
    draw_report(out / PICTURE, report)
    progress.say(table(report))
    progress.say(f"wrote {out / RESULT} and {out / PICTURE}; every episode opens in: clickwright view {out}")
    return report


def _examined(
    one: Contestant, number: int, plan: Plan, sections: Sequence[Section], writer: StoreWriter, progress: Progress
) -> ModelReport:
    """All sections of one agent."""
    agent = one.load(temperature=plan.temperature, seed=plan.seed, num_envs=plan.num_envs)
    try:
        outcomes = {section.name: _section(agent, one, number, plan, section, writer, progress) for section in sections}
    finally:
        if isinstance(agent, LanguageAgent):
            close = getattr(agent.completer.policy, "close", None)
            if close is not None:
                close()
    return model_report(one.label, one.facts, outcomes, plan)


def _section(
    agent: Agent,
    one: Contestant,
    number: int,
    plan: Plan,
    section: Section,
    writer: StoreWriter,
    progress: Progress,
) -> list[Outcome]:
    """One section of one agent; its environments are closed with it."""

    def build(env_id: str, frames: bool) -> Kind:
        return kind_of(plan.env, env_id, frames, text_budget=one.text_budget, variant=section.variant)

    jobs = jobs_of(section, plan, agent_number=number)
    with Runner(
        build,
        num_envs=min(plan.num_envs, len(jobs)),
        writer=writer,
        deterministic=True,
        warn=progress.say,
    ) as runner:
        episodes = held_out(runner, agent, jobs, progress=progress, title=f"{one.label}, {section.name}")
    codec = codec_of(agent)
    return [outcome_of(done, attempt=job.member, codec=codec) for job, done in zip(jobs, episodes, strict=True)]


def jobs_of(section: Section, plan: Plan, *, agent_number: int) -> list[Job]:
    """A section's episodes, with ids that say what they are.

    Both agents sample from streams of the same names, and each try from one of its own.
    """
    names = _names(section.seeds)
    slug = section.name.replace(" ", "-").replace(":", "-")
    groups = []
    for env_id, seeds in section.seeds.items():
        group = []
        for place, seed in enumerate(seeds):
            where = f"{agent_number}-{slug}-{names[env_id]}-{seed}"
            for attempt in range(plan.num_tries):
                job = Job(
                    env_id=find_id(env_id),
                    seed=seed,
                    split=SPLIT,
                    stream=f"exam/{env_id}/{seed}/{attempt}",
                    episode_id=where if plan.num_tries == 1 else f"{where}-try{attempt}",
                    recorded_as=SPLIT,
                    group_id="" if plan.num_tries == 1 else where,
                    member=attempt,
                    frames=attempt == 0 and place < plan.frames_per_task,
                    meta={"section": section.name, "variant": section.variant},
                )
                group.append(job)
        groups.append(group)
    return by_seat([job for group in groups for job in group], num_seats=plan.num_envs)


def by_seat(jobs: Sequence[Job], *, num_seats: int) -> list[Job]:
    """Jobs in the order in which seats that take turns each get a stretch of neighbours.

    Seat k of a deterministic runner gets the jobs k, k + n, ...; where these are of one task, its environment stays.

    Example:
        >>> by_seat(["a1", "a2", "a3", "b1", "b2"], num_seats=2)
        ['a1', 'b1', 'a2', 'b2', 'a3']
    """
    num_seats = min(num_seats, len(jobs))
    ends = [-(-len(jobs) * (seat + 1) // num_seats) for seat in range(num_seats)]
    stretches = [jobs[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    stretches.sort(key=len, reverse=True)  # a longer stretch must not sit behind a shorter one
    rows = zip_longest(*stretches)
    return [job for row in rows for job in row if job is not None]


def _names(env_ids: Mapping[str, object]) -> dict[str, str]:
    """A short name for each id; with its namespace where two would be the same."""
    tails = {env_id: env_id.rpartition(":")[2].rpartition("/")[2].rpartition("-v")[0] for env_id in env_ids}
    twice = {tail for tail in tails.values() if list(tails.values()).count(tail) > 1}
    return {env_id: env_id.replace("/", ".") if tail in twice else tail for env_id, tail in tails.items()}
