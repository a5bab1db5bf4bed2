"""What ``clickwright train``, ``clickwright compare`` and ``clickwright profile`` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clickwright.agents.folder import model_folder
from clickwright.rl import profiling, run_folder
from clickwright.rl.comparison import Comparison, Result
from clickwright.rl.evaluate import Evaluation
from clickwright.rl.models import load_model
from clickwright.rl.pass_rates import PassRates, write_pass_rates
from clickwright.rl.progress import Progress, Say
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.report import RESULTS
from clickwright.rl.trainer import TrainResult
from clickwright.rl.trainer import train as train_recipe
from clickwright.rl.workspace import Workspace, check_tasks

PASS_RATES = "pass_rates.json"
"""Where a profile is written, in its run's folder, when nobody says otherwise."""


def train(
    name: str,
    *,
    run_dir: str | Path | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    resume: bool | str = False,
    say: Say | None = None,
) -> TrainResult:
    """Train as a recipe says.

    Args:
        name: A recipe of the package, or a TOML file.
        run_dir: Where to write.
        seed: Instead of the recipe's.
        overrides: Dotted keys and their values.
        resume: Go on from the last checkpoint, or from the one of that name.
        say: Prints a line where there is no terminal to draw bars in.
    """
    changed = dict(overrides or {})
    if seed is not None:
        changed["seed"] = seed
    recipe = load_recipe(name, changed)
    return train_recipe(recipe, run_dir=run_dir, resume=resume, say=None if sys.stdout.isatty() else say)


def compare(
    recipes: Sequence[str],
    seeds: Sequence[int],
    *,
    run_dir: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    say: Say | None = None,
) -> Comparison:
    """Train every recipe with every seed and print means with 95 % intervals over the seeds.

    A run that has finished before, in the same folder with the same settings, is not made again; one that was cut off
    is taken up. The numbers are also written to ``compare.json``.

    Args:
        recipes: Recipes of the package, or TOML files.
        seeds: Training seeds; the held-out episodes are the same for all.
        run_dir: Where the runs are written; ``runs/compare`` when not given.
        overrides: Dotted keys and their values, for every run.
        say: Prints a line.
    """
    root = Path(run_dir) if run_dir is not None else Path("runs") / "compare"
    results: list[Result] = []
    for name in recipes:
        for seed in seeds:
            recipe = load_recipe(name, {**(overrides or {}), "seed": seed})
            folder = root / f"{recipe.name}-seed{seed}"
            begun = (folder / run_folder.RECIPE).exists()
            if begun and (folder / RESULTS).exists():
                run_folder.prepare(recipe, folder, resume=True)
            else:
                train_recipe(recipe, run_dir=folder, resume=begun, say=None if sys.stdout.isatty() else say)
            results.append(_read(folder, recipe.name, seed))
    comparison = Comparison(results)
    root.mkdir(parents=True, exist_ok=True)
    (root / "compare.json").write_text(json.dumps(comparison.as_json(), indent=1) + "\n", encoding="utf-8")
    (say or Progress().say)(comparison.table())
    return comparison


def profile(
    name: str,
    *,
    model: str | Path | None = None,
    tries: int = 16,
    out: str | Path | None = None,
    run_dir: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    say: Say | None = None,
) -> PassRates:
    """Try every task of a recipe on training seeds and write how often each was solved.

    The tries are recorded like those of any run. The file is what ``train.pass_rates`` reads.

    Args:
        name: A recipe of the package, or a TOML file; its ``train`` section is not needed.
        model: Folder of a model or of a finished run, instead of the recipe's model.
        tries: Tries per task.
        out: The file; ``pass_rates.json`` in the run's folder when not given.
        run_dir: Where the tries are recorded; ``runs/<recipe>-profile`` when not given.
        overrides: Dotted keys and their values.
        say: Prints a line.

    Raises:
        UnknownNameError: A recipe, setting or task that does not exist.
        ConfigError: There is no such model, or every try of a task ended in a fault.
    """
    changed = dict(overrides or {})
    if model is not None:
        changed["model.source"] = str(model_folder(model))
    recipe = load_recipe(name, changed)
    recipe = recipe.model_copy(update={"name": f"{recipe.name}-profile"})
    check_tasks(recipe)
    progress = Progress(None if sys.stdout.isatty() else say)
    weights = load_model(recipe.model)
    folder = run_folder.prepare(recipe, run_dir, resume=False)
    meta = run_folder.describe(recipe)
    session = run_folder.next_session(folder, meta)
    with Workspace(recipe, folder, weights=weights, session=session, progress=progress, meta=meta) as work:
        found = profiling.profile(work, tries=tries, policy=recipe.model.source)
    file = folder / PASS_RATES if out is None else Path(out)
    write_pass_rates(file, found)
    progress.say(f"{profiling.table(found)}\nwritten to {file}: name it in train.pass_rates")
    return found


def _read(folder: Path, recipe: str, seed: int) -> Result:
    data = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    evaluations = {one["stage"]: Evaluation.from_json(one) for one in data["evaluations"]}
    return Result(recipe=recipe, seed=seed, seconds=float(data["seconds"]), evaluations=evaluations)
