"""Arms of a learning experiment: the same training with one thing changed, from the same start, on the same seeds.

A run is a folder; the run that is finished has a ``result.json`` and is not made again. So an experiment that was cut
off goes on where it was, two processes may work on different seeds of one side by side, and experiments with the same
recipe share the arms of one name.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import shlex
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.rounds import REPOSITORY
from clickwright.agents.folder import MODEL_OF_A_RUN
from clickwright.rl import load_recipe, train
from clickwright.rl.evaluate import Evaluation
from clickwright.rl.metrics import read_metrics
from clickwright.rl.statistics import interval

HERE = Path(__file__).resolve().parent
TRAIL = HERE / "trail.toml"
DONE = "result.json"
FIRST_SEED = 30
"""Training seeds that are reported; settings were chosen on those below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """One line of a comparison.

    Attributes:
        name: What it is called, in every experiment that has it.
        changes: Dotted keys of the recipe and their values.
        start: Changes to the warm start it goes on from, where arms with equal ones share the weights; ``None`` for no
            warm start.
    """

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    start: Mapping[str, Any] | None = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """Arms, and where they are made and kept.

    Attributes:
        name: Of the module and of the result file.
        question: What it asks.
        expected: What the papers say.
        arms: What is compared, the control first.
        recipe: What the arms have in common.
        needs_browser: Whether the result names the browser.
        more: Measures something further on the folder of a finished run.
    """

    name: str
    question: str
    expected: str
    arms: tuple[Arm, ...]
    recipe: Path = TRAIL
    needs_browser: bool = False
    more: Callable[[Path], dict[str, Any]] | None = None

    @property
    def result(self) -> Path:
        """The result file."""
        return HERE / f"{self.name}.json"

    @property
    def more_file(self) -> str:
        """What ``more`` measured, in the folder of a run."""
        return f"{self.name}.json"


def main(experiment: Experiment, argv: Sequence[str]) -> int:
    """Run the command of an experiment."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.learning.{experiment.name}", description=experiment.question
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(FIRST_SEED, FIRST_SEED + 5)))
    parser.add_argument("--arms", nargs="+", default=[arm.name for arm in experiment.arms], metavar="ARM")
    parser.add_argument("--work", type=Path, default=Path("runs/learning"), help="where runs are written")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change every arm's recipe")
    parser.add_argument("--out", type=Path, default=experiment.result)
    args = parser.parse_args(argv)
    settings = dict(text.split("=", 1) for text in args.set)
    command = shlex.join(["python", "-m", f"benchmarks.learning.{experiment.name}", *argv])
    chosen = [arm for arm in experiment.arms if arm.name in args.arms]
    work = args.work / experiment.recipe.stem
    for seed in args.seeds:
        for arm in chosen:
            folder = work / arm.name / f"seed{seed}"
            if not (folder / DONE).is_file():
                one_run(experiment, arm, seed, folder, starts=work / "starts", settings=settings, command=command)
            if experiment.more is not None and not (folder / experiment.more_file).is_file():
                _write(folder / experiment.more_file, {"command": command} | experiment.more(folder))
            write_result(experiment, work, args.out)
    return 0


def one_run(
    experiment: Experiment,
    arm: Arm,
    seed: int,
    folder: Path,
    *,
    starts: Path,
    settings: Mapping[str, Any],
    command: str,
) -> None:
    """Train one arm with one seed and keep what came out; what an earlier try left is made anew."""
    on = machine.describe(_browser() if experiment.needs_browser else None)
    given = {"seed": seed, **settings}
    source, before = start_of(experiment, arm, given, starts)
    changes = given | dict(arm.changes) | {"name": arm.name, "model.source": source, "evaluate.base": before is None}
    recipe = load_recipe(experiment.recipe, changes).model_copy(update={"warm_start": None})
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    result = train(recipe, run_dir=folder, say=lambda text: None)
    rows = [row for row in read_metrics(folder) if row["event"] == "iteration"]
    before, after = before or result.evaluations["base"], result.evaluations["final"]
    found = {
        "arm": arm.name,
        "seed": seed,
        "before": before.success,
        "after": after.success,
        "tasks": {name: [before.tasks[name].success, task.success] for name, task in after.tasks.items()},
        "env_steps": rows[-1]["rollout/total_steps"],
        "iterations": len(rows),
        "train_s": round(sum(row["time/iteration_s"] for row in rows), 1),
        "wall_s": round(time.perf_counter() - began, 1),
        "groups_alike": round(sum(row["group/zero_variance_share"] for row in rows) / len(rows), 4),
        "curve": [[row["rollout/total_steps"], round(row["rollout/success"], 4)] for row in rows],
        "command": command,
        "commit": machine.commit(REPOSITORY),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": on,
    }
    _write(folder / DONE, found)
    told = f"{before.success:.2f} -> {after.success:.2f}, {found['env_steps']} steps, {found['wall_s']} s"
    print(f"{experiment.name} {arm.name} seed {seed}: {told}", flush=True)


def start_of(experiment: Experiment, arm: Arm, given: Mapping[str, Any], starts: Path) -> tuple[str, Evaluation | None]:
    """Where an arm starts, and how good that is where it is known.

    The base reader, or the weights after a warm start, made and measured once for all arms that start alike.
    """
    recipe = load_recipe(experiment.recipe, {**given, **(arm.start or {})})
    if arm.start is None or recipe.warm_start is None:
        return recipe.model.source, None
    of = {"model": recipe.model.source, "env": recipe.env.tasks, "warm_start": recipe.warm_start.model_dump()}
    number = hashlib.blake2b(json.dumps(of, sort_keys=True).encode(), digest_size=4).hexdigest()
    folder = starts / f"{number}-seed{recipe.seed}"
    if not (folder / "results.json").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        train(recipe.model_copy(update={"train": None}), run_dir=folder, say=lambda text: None)
    final = _read(folder / "results.json")["evaluations"][-1]
    return str(folder / MODEL_OF_A_RUN), Evaluation.from_json(final)


def write_result(experiment: Experiment, work: Path, out: Path) -> None:
    """Put everything that is finished into the result file."""
    order = [arm.name for arm in experiment.arms]
    runs = []
    for name in order:
        for path in sorted((work / name).glob(f"seed*/{DONE}")):
            more = path.with_name(experiment.more_file)
            if experiment.more is None or more.is_file():
                found = {} if experiment.more is None else {"more": _read(more)}
                runs.append(_read(path) | found)
    result = {
        "experiment": experiment.name,
        "question": experiment.question,
        "expected": experiment.expected,
        "commands": sorted({run["command"] for run in runs}),
        "summary": summary(runs, order),
        "runs": runs,
    }
    _write(out, result)


def summary(runs: Sequence[Mapping[str, Any]], order: Sequence[str]) -> dict[str, Any]:
    """Means and half widths of 95 % intervals over training seeds; differences to the control are seed by seed."""
    by_arm = {name: {run["seed"]: run for run in runs if run["arm"] == name} for name in order}
    control = by_arm[order[0]]
    told: dict[str, Any] = {}
    for name, of_seed in by_arm.items():
        if not of_seed:
            continue
        told[name] = {
            "seeds": sorted(of_seed),
            "before": spread([run["before"] for run in of_seed.values()]),
            "after": spread([run["after"] for run in of_seed.values()]),
            "gain": spread([run["after"] - run["before"] for run in of_seed.values()]),
            "late": spread([late(run["curve"]) for run in of_seed.values()]),
        }
        shared = sorted(set(of_seed) & set(control))
        if name != order[0] and shared:
            told[name][f"minus {order[0]}"] = spread([of_seed[s]["after"] - control[s]["after"] for s in shared])
            changed = [late(of_seed[s]["curve"]) - late(control[s]["curve"]) for s in shared]
            told[name][f"late minus {order[0]}"] = spread(changed)
    return told


def late(curve: Sequence[Sequence[float]]) -> float:
    """Mean training success over the last 40 % of the steps, in which no arm is guided any more.

    Example:
        >>> late([[100, 0.0], [200, 0.5], [300, 0.5], [400, 1.0]])
        0.75

    Args:
        curve: Steps so far and success, by iteration; each iteration has as many episodes.
    """
    begin = 0.6 * curve[-1][0]
    values = [success for steps, success in curve if steps > begin]
    return sum(values) / len(values)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean, half the width of its 95 % interval (absent for one value), and the values."""
    mean, half = interval(values)
    return {
        "mean": round(mean, 4),
        "half_width_95": None if math.isnan(half) else round(half, 4),
        "values": [round(value, 4) for value in values],
    }


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _write(path: Path, data: Mapping[str, Any]) -> None:
    """Write a file that is whole or absent."""
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    draft.replace(path)


def _browser() -> Path:
    from clickwright.envs.web.browsers import find_browser

    return find_browser().path
