"""What ``clickwright train`` and ``clickwright compare`` do."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clickwright.errors import ConfigError
from clickwright.rl import run_folder
from clickwright.rl.comparison import Comparison, Result
from clickwright.rl.evaluate import Evaluation
from clickwright.rl.progress import Progress, Say
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.report import RESULTS
from clickwright.rl.staged_recipe import is_staged, load_staged
from clickwright.rl.stages import train_stages
from clickwright.rl.trainer import TrainResult
from clickwright.rl.trainer import train as train_recipe


def train(
    name: str,
    *,
    run_dir: str | Path | None = None,
    seed: int | None = None,
    overrides: Mapping[str, Any] | None = None,
    resume: bool | str = False,
    say: Say | None = None,
) -> TrainResult | None:
    """Train as a recipe says; ``None`` where every stage of a staged one was finished before.

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
    heard = None if sys.stdout.isatty() else say
    if is_staged(name):
        if isinstance(resume, str):
            raise ConfigError(f"{name} has stages, each with checkpoints of its own: --resume takes no name there")
        return train_stages(load_staged(name, changed), run_dir=run_dir, resume=resume, say=heard)
    return train_recipe(load_recipe(name, changed), run_dir=run_dir, resume=resume, say=heard)


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


def _read(folder: Path, recipe: str, seed: int) -> Result:
    data = json.loads((folder / RESULTS).read_text(encoding="utf-8"))
    evaluations = {one["stage"]: Evaluation.from_json(one) for one in data["evaluations"]}
    return Result(recipe=recipe, seed=seed, seconds=float(data["seconds"]), evaluations=evaluations)
