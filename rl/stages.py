"""Runs a staged recipe: a folder per stage, a record of what is finished, and on from there after a kill.

::

    RUN/stages.json     the recipe, and a line for every finished try of a stage
    RUN/1-format/       an ordinary run: ``clickwright view``, ``run --agent`` and ``traj`` read it
    RUN/2-states/       the next one, from the final weights of the first
"""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from clickwright.agents.folder import MODEL_OF_A_RUN
from clickwright.errors import ConfigError, DamagedFileError
from clickwright.rl import run_folder
from clickwright.rl.evaluate import Evaluation
from clickwright.rl.progress import Progress, Say
from clickwright.rl.staged_recipe import PREVIOUS, Otherwise, Stage, StagedRecipe, measured
from clickwright.rl.trainer import TrainResult, train

FILE = "stages.json"


class Finished(BaseModel):
    """A try of a stage that came to its end.

    Attributes:
        stage: Its name.
        folder: Of its run, inside the whole run's.
        value: What its gate measured; ``None`` without a gate.
        opened: Whether the next stage may start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: str
    folder: str
    value: float | None
    opened: bool


class Book(BaseModel):
    """What ``stages.json`` holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    recipe: StagedRecipe
    finished: tuple[Finished, ...] = ()


def train_stages(
    recipe: StagedRecipe, *, run_dir: str | Path | None = None, resume: bool = False, say: Say | None = None
) -> TrainResult | None:
    """Run the stages that are not finished.

    Args:
        recipe: What to do.
        run_dir: Where to write; ``runs/<name>`` when not given.
        resume: Go on where a run of this recipe was cut off, in the middle of a stage too.
        say: Prints a line.

    Returns:
        What the last stage came to; ``None`` where nothing was left to do.

    Raises:
        ConfigError: The folder holds another run, or one that is not to be resumed; a gate stayed shut; a stage's
            recipe is wrong.
        DamagedFileError: The record of stages cannot be read.
    """
    check_stages(recipe)
    home = Path(run_dir) if run_dir is not None else Path("runs") / recipe.name
    book = _opened(home, recipe, resume=resume)
    tell = say or Progress().say
    result: TrainResult | None = None
    folders: dict[str, str] = {}
    weights: str | None = None
    for number, stage in enumerate(recipe.stages, start=1):
        tries = stage.gate.tries if stage.gate else 1
        done = [one for one in book.finished if one.stage == stage.name]
        for attempt in range(tries):
            if attempt < len(done):
                last = done[attempt]
            else:
                folder = home / f"{number}-{stage.name}{f'.{attempt + 1}' if attempt else ''}"
                settings = recipe.recipe_of(stage, folders=folders, weights=weights, attempt=attempt)
                tell(f"stage {number} of {len(recipe.stages)}: {stage.name}{f', try {attempt + 1}' if attempt else ''}")
                begun = (folder / run_folder.RECIPE).exists()
                result = train(settings, run_dir=folder, resume=begun, say=say)
                last = _judged(stage, folder.name, result.evaluations["final"])
                book = book.model_copy(update={"finished": (*book.finished, last)})
                _write(home, book)
                tell(_words(stage, last))
            weights = str(home / last.folder / MODEL_OF_A_RUN)
            folders |= {PREVIOUS: str(home / last.folder), stage.name: str(home / last.folder)}
            if last.opened:
                break
        if not last.opened and stage.gate is not None and stage.gate.otherwise is Otherwise.STOP:
            raise ConfigError(
                f"{_words(stage, last)} after {tries} {'try' if tries == 1 else 'tries'}: train that stage longer, "
                'lower its gate, allow more tries, or set otherwise = "go_on"'
            )
    return result


def check_stages(recipe: StagedRecipe) -> None:
    """Read every stage's recipe, so that a mistake in the last one is told before the first has run.

    Raises:
        ConfigError: A setting is out of range, or names in braces what is not there.
        UnknownNameError: There is no such recipe or setting.
    """
    folders: dict[str, str] = {}
    for stage in recipe.stages:
        recipe.recipe_of(stage, folders=folders, weights=None)
        folders |= {PREVIOUS: stage.name, stage.name: stage.name}


def _judged(stage: Stage, folder: str, final: Evaluation) -> Finished:
    if stage.gate is None:
        return Finished(stage=stage.name, folder=folder, value=None, opened=True)
    value = measured(stage.gate.measure, final)
    return Finished(stage=stage.name, folder=folder, value=value, opened=stage.gate.opens(value))


def _words(stage: Stage, last: Finished) -> str:
    if stage.gate is None or last.value is None:
        return f"stage {stage.name} is done"
    return (
        f"stage {stage.name}: {stage.gate.measure} is {last.value:.3f}, its gate asks for {stage.gate.text()}: "
        f"{'open' if last.opened else 'shut'}"
    )


def _opened(home: Path, recipe: StagedRecipe, *, resume: bool) -> Book:
    file = home / FILE
    if not resume:
        if file.exists() or (home / run_folder.RECIPE).exists():
            raise ConfigError(f"{home} already holds a run: take it up with --resume, or name another folder")
        home.mkdir(parents=True, exist_ok=True)
        book = Book(recipe=recipe)
        _write(home, book)
        return book
    if not file.is_file():
        raise ConfigError(f"{home} holds no staged run to take up: leave --resume out to start one")
    try:
        book = Book.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise DamagedFileError(f"{file} cannot be read: {error.errors()[0]['msg']}") from None
    if book.recipe != recipe:
        raise ConfigError(
            f"{home} was started by another recipe, or with other settings: resume with the same ones, or name another "
            "folder"
        )
    return book


def _write(home: Path, book: Book) -> None:
    draft = home / f".{FILE}.new"
    draft.write_text(book.model_dump_json(indent=1) + "\n", "utf-8")
    os.replace(draft, home / FILE)
