"""The folder of a run: made once, recognised when a run is taken up again."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import torch

from clickwright.envs.versions import installed
from clickwright.errors import ConfigError, DamagedFileError
from clickwright.rl.recipe import Recipe

RECIPE, SESSIONS = "recipe.json", "sessions.json"
PACKAGES = ("clickwright", "torch", "transformers", "gymnasium", "numpy", "playwright", "miniwob")
MAY_CHANGE = (
    "train.max_iterations", "train.max_seconds", "train.max_env_steps", "checkpoint.every", "checkpoint.keep",
    "checkpoint.warm_every", "evaluate.base",
)  # fmt: skip
"""Settings that a resumed run may change without becoming another run."""


def prepare(recipe: Recipe, run_dir: str | Path | None, *, resume: bool) -> Path:
    """Make the folder of a new run, or check that the one to take up is of this recipe.

    Raises:
        ConfigError: The folder holds a run already, or none, or one of another recipe.
    """
    folder = Path(run_dir) if run_dir is not None else _free(Path("runs"), recipe.name, resume=resume)
    file = folder / RECIPE
    if resume:
        if not file.is_file():
            raise ConfigError(f"{folder} holds no run to take up: leave --resume out to start one")
        _same(folder, recipe)
        return folder
    if file.exists():
        raise ConfigError(f"{folder} already holds a run: take it up with --resume, or name another folder")
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(recipe.model_dump(mode="json"), indent=2) + "\n", encoding="utf-8")
    return folder


def describe(recipe: Recipe) -> dict[str, Any]:
    """What is running, on what: written into the records of every session."""
    return {
        "recipe": recipe.model_dump(mode="json"),
        "packages": installed(PACKAGES),
        "python": platform.python_version(),
        "machine": platform.platform(),
        "threads": recipe.model.threads or torch.get_num_threads(),
    }


def next_session(folder: Path, meta: dict[str, Any]) -> str:
    """Note that a session starts; returns what its episode ids carry: nothing at first, ``.r1`` for the next one."""
    file = folder / SESSIONS
    sessions = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    sessions.append(meta)
    draft = file.with_suffix(".new")
    draft.write_text(json.dumps(sessions, indent=1) + "\n", encoding="utf-8")
    draft.replace(file)
    return f".r{len(sessions) - 1}" if len(sessions) > 1 else ""


def load_weights(model: torch.nn.Module, path: Path) -> None:
    """Put the weights of a model folder into a model of the same shape.

    Raises:
        DamagedFileError: The file is missing or does not fit.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_model

    file = path / "model.safetensors"
    try:
        load_model(model, str(file))
    except (OSError, RuntimeError, SafetensorError) as error:
        raise DamagedFileError(f"{file} cannot be read ({error}): the run cannot be taken up without it") from error


def _free(root: Path, name: str, *, resume: bool) -> Path:
    """The first folder of that name that holds no run; for a resume, the last one that does."""
    number, last = 1, root / name
    candidate = last
    while (candidate / RECIPE).exists():
        last, number = candidate, number + 1
        candidate = root / f"{name}-{number}"
    return last if resume else candidate


def recipe_of(folder: Path) -> Recipe | None:
    """The recipe of a run; ``None`` for a folder that is no run.

    Raises:
        DamagedFileError: There is one, and it cannot be read.
    """
    file = folder / RECIPE
    if not file.is_file():
        return None
    try:
        return Recipe.model_validate(json.loads(file.read_text(encoding="utf-8")))
    except ValueError as error:
        raise DamagedFileError(f"{file} cannot be read as a recipe: {error}") from error


def _same(folder: Path, recipe: Recipe) -> None:
    old = recipe_of(folder)
    assert old is not None, "the caller has seen the file"
    before, after = _flat(old.model_dump(mode="json")), _flat(recipe.model_dump(mode="json"))
    changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key) and key not in MAY_CHANGE]
    if changed:
        what = ", ".join(f"{key} {before.get(key)!r} -> {after.get(key)!r}" for key in changed)
        raise ConfigError(f"a run is taken up with the recipe it was started with; changed: {what}")


def _flat(tables: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in tables.items():
        if isinstance(value, dict):
            result |= _flat(value, f"{prefix}{key}.")
        else:
            result[prefix + key] = value
    return result
