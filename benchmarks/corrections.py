"""``python -m benchmarks.corrections``: do 50 corrected steps raise held-out success?

For each training seed: an agent from few demonstrations (recipe ``few-demos``) tries training seeds; 50 of its wrong
steps are corrected; recipe ``corrections`` goes on from its weights; both are measured on the same held-out seeds. The
control goes on for as many optimiser steps without the corrections.

The person is the task's own oracle, and the book says so: its statements have the author kind ``rule`` and become the
layer ``correction.rule``. They go through the same ``AnnotationBook`` as those of people.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any

import gymnasium

from benchmarks import machine
from benchmarks.rounds import REPOSITORY
from clickwright.agents.folder import load_agent
from clickwright.agents.rollouts import rollouts
from clickwright.agents.scripted import with_names
from clickwright.envs.actions import ACTION, Action
from clickwright.envs.web.browsers import find_browser
from clickwright.rl import Recipe, load_recipe, train
from clickwright.rl.evaluate import short_name
from clickwright.rl.metrics import read_metrics
from clickwright.rl.statistics import interval
from clickwright.trajectories.annotations import Annotation, AnnotationBook
from clickwright.trajectories.annotations.apply import apply_annotations
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode

RESULT = Path("benchmarks/learning/corrections.json")
AUTHOR = "oracle"
STAGES = ("before", "corrected", "control")


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.corrections", description=__doc__)
    parser.add_argument("--seeds", type=int, default=3, metavar="N", help="training seeds (3)")
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the first of them (0)")
    parser.add_argument("--corrections", type=int, default=50, metavar="N", help="corrected steps (50)")
    parser.add_argument("--tries", type=int, default=20, metavar="N", help="tries per task on training seeds (20)")
    parser.add_argument("--episodes", type=int, default=20, metavar="N", help="held-out episodes per task (20)")
    parser.add_argument("--held-out", type=int, default=2000, metavar="N", help="the first held-out seed (2000)")
    parser.add_argument("--work", type=Path, default=Path("runs/corrections"), help="where runs are written")
    parser.add_argument("--out", type=Path, default=RESULT, help=f"result file ({RESULT})")
    args = parser.parse_args(argv)
    started = time.perf_counter()
    runs = [one_seed(seed, args) for seed in range(args.first, args.first + args.seeds)]
    result = {
        "command": shlex.join(["python", "-m", "benchmarks.corrections", *argv]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(REPOSITORY),
        "machine": machine.describe(find_browser().path),
        "corrected_by": "the tasks' own oracles, through the AnnotationBook, as author kind 'rule'",
        "held_out": f"seeds {args.held_out} to {args.held_out + args.episodes - 1} of every task",
        "summary": summary(runs),
        "runs": runs,
        "minutes": round((time.perf_counter() - started) / 60, 1),
    }
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result["summary"], indent=1))
    return 0


def one_seed(seed: int, args: argparse.Namespace) -> dict[str, Any]:
    """Everything with one training seed."""
    home = args.work / f"seed{seed}"
    common = {
        "seed": seed, "evaluate.episodes_per_task": args.episodes, "evaluate.first_seed": args.held_out,
        "record.frames": "none", "record.tensorboard": False,
    }  # fmt: skip
    first = load_recipe("few-demos", common)
    train(first, run_dir=home / "few-demos", say=print)
    attempts(home / "tries", home / "few-demos", first, seed=seed, count=args.tries)
    counts = correct(home / "tries", count=args.corrections)
    apply_annotations(home / "tries")
    on = common | {"model.source": str(home / "few-demos/models/final"), "warm_start.recorded.run": str(home / "tries"),
                   "warm_start.recorded.corrections": "correction.rule"}  # fmt: skip
    recipe = load_recipe("corrections", on)
    train(recipe, run_dir=home / "corrected", say=print)
    train(control_of(recipe, home / "corrected"), run_dir=home / "control", say=print)
    folders = {"before": "few-demos", "corrected": "corrected", "control": "control"}
    return {"seed": seed, **counts, **{stage: held_out(home / folder) for stage, folder in folders.items()}}


def control_of(recipe: Recipe, corrected: Path) -> Recipe:
    """The same without corrections, for at least as many optimiser steps."""
    assert recipe.warm_start is not None
    event = next(row for row in read_metrics(corrected) if row["event"] == "warm-start")
    num_demos = event["warm/rows"] - event["warm/recorded_corrected"]
    epochs = math.ceil(event["warm/steps"] / math.ceil(num_demos / recipe.warm_start.batch_rows))
    section = recipe.warm_start.model_copy(update={"recorded": None, "epochs": epochs})
    return recipe.model_copy(update={"warm_start": section, "name": "control"})


def attempts(run: Path, model: Path, recipe: Recipe, *, seed: int, count: int) -> None:
    """Let the agent try training seeds of every task, and keep what it did."""
    agent = load_agent(model)
    settings = {"text_budget": recipe.env.text_budget}
    for env_id in recipe.env.tasks:
        first = 1_000_000 * (seed + 1)
        for _ in rollouts(env_id, agent, episodes=count, seed=first, record=run, settings=settings):
            pass


def correct(run: Path, *, count: int) -> dict[str, int]:
    """Correct the first wrong step of failed tries, the tasks in turn, as a person would: by an annotation each."""
    with StoreReader(run) as reader:
        failed = [one for one in reader.whole_episodes(split="train") if one.trainable and not one.success]
    by_task = [[one for one in failed if one.env_id == task] for task in dict.fromkeys(e.env_id for e in failed)]
    in_turn = [one for row in zip_longest(*by_task) for one in row if one is not None]
    num_corrected = num_unclear = 0
    with AnnotationBook(run) as book, ExitStack() as stack:
        envs = {}
        for episode in in_turn:
            if num_corrected == count:
                break
            if episode.env_id not in envs:
                envs[episode.env_id] = gymnasium.make(episode.env_id, disable_env_checker=True)
                stack.callback(envs[episode.env_id].close)
            found = first_error(envs[episode.env_id], episode)
            if found is None:
                num_unclear += 1
                continue
            t, action = found
            book.add(
                Annotation.model_validate(
                    {"at": {"episode": episode.id, "t": t}, "kind": "correction", "author": AUTHOR,
                     "author_kind": "rule", "value": {"action": action.model_dump(mode="json")}}
                )
            )  # fmt: skip
            num_corrected += 1
    return {"num_failed_tries": len(failed), "num_corrections": num_corrected, "num_unclear": num_unclear}


def first_error(env: gymnasium.Env[Any, Any], episode: Episode) -> tuple[int, Action] | None:
    """The first step at which the oracle does something else, and what; ``None`` where it never does."""
    _, info = env.reset(seed=episode.seed, options={"split": "train"})
    oracle = env.unwrapped.oracle()  # type: ignore[attr-defined]
    for step in episode.steps:
        if info["state_digest"] != step.state_digest:
            return None
        wanted = oracle.next()
        if wanted is None:
            return None
        done = ACTION.validate_python(dict(step.action))
        if with_names(wanted, info["elements"]) != with_names(done, info["elements"]) or not step.action_valid:
            return step.t, wanted
        _, _, terminated, truncated, info = env.step(done)
        if terminated or truncated:
            return None
    return None


def held_out(run: Path) -> dict[str, Any]:
    """Held-out success of a finished run."""
    final = json.loads((run / "results.json").read_text(encoding="utf-8"))["evaluations"][-1]["tasks"]
    tasks = {short_name(name): task["success"] for name, task in final.items()}
    return {"success": sum(tasks.values()) / len(tasks), "tasks": tasks}


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Means and half widths of 95 % intervals over the training seeds; differences are taken seed by seed."""
    values: dict[str, list[float]] = {stage: [run[stage]["success"] for run in runs] for stage in STAGES}
    pairs = {"corrected - before": ("corrected", "before"), "corrected - control": ("corrected", "control")}
    for name, (left, right) in pairs.items():
        values[name] = [run[left]["success"] - run[right]["success"] for run in runs]
    return dict(_summed(values))


def _summed(values: dict[str, list[float]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, numbers in values.items():
        mean, half = interval(numbers)
        half_width = None if math.isnan(half) else round(half, 4)
        yield name, {"mean": round(mean, 4), "half_width_95": half_width, "values": [round(n, 4) for n in numbers]}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
