"""Which versions of its policy a run still has the weights of."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from clickwright.agents.folder import MODEL_OF_A_RUN, SETTINGS, load_settings
from clickwright.agents.weights import load_folder
from clickwright.errors import DamagedFileError
from clickwright.rl import checkpoint, run_folder
from clickwright.rl.models import load_model
from clickwright.rl.recipe import Recipe

START = "models/start"
"""Where a run keeps the weights that RL began with."""

Weights = tuple[Any, Any]


def kept_versions(run_dir: Path) -> dict[int, Callable[[], Weights]]:
    """What loads each version that was kept: version 0 is what training began from, then start, checkpoints, end.

    Raises:
        DamagedFileError: The recipe or a checkpoint's state cannot be read.
    """
    found: dict[int, Callable[[], Weights]] = {}
    recipe = run_dir / run_folder.RECIPE
    if recipe.is_file():
        try:
            read = Recipe.model_validate_json(recipe.read_bytes())
        except ValueError as error:
            raise DamagedFileError(f"{recipe} cannot be read as a recipe: {error}") from error
        found[0] = partial(load_model, read.model)
    for path in checkpoint.checkpoints(run_dir):
        if (run_dir / START / "config.json").is_file():
            found[version_of(path)] = partial(from_checkpoint, run_dir / START, path)
    for name in (START, MODEL_OF_A_RUN):
        folder = run_dir / name
        if (folder / SETTINGS).is_file():
            found[load_settings(folder).policy_version] = partial(load_folder, folder)
    return found


def version_of(path: Path) -> int:
    """The policy version of a checkpoint.

    Raises:
        DamagedFileError: Its state cannot be read.
    """
    state = path / checkpoint.STATE
    try:
        return int(json.loads(state.read_text(encoding="utf-8"))["state"]["version"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamagedFileError(f"{state} cannot be read: {error!r}") from error


def from_checkpoint(shape: Path, path: Path) -> Weights:
    """The weights of a checkpoint, in the model of ``shape``, a model folder of the same run.

    Raises:
        DamagedFileError: They cannot be read, or do not fit.
    """
    model, tokenizer = load_folder(shape)
    checkpoint.load(path, model=model, optimizer=None)
    return model.eval(), tokenizer
