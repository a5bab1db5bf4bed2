"""A recipe of several stages: each a recipe of its own, from the weights of the stage before, through a gate."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.evaluate import Evaluation
from clickwright.rl.recipe import Recipe
from clickwright.rl.recipe_file import find_recipe, load_recipe
from clickwright.rl.sections import Count, Positive, Section
from clickwright.rl.validation import read_value, validated

PREVIOUS = "previous"
"""Stands in a stage's settings, in braces, for the folder of the stage before; a stage's name stands for its folder."""


class Measure(StrEnum):
    """What a gate looks at: a mean over the tasks of a stage's last held-out evaluation."""

    SUCCESS = "success"
    SCORE = "score"
    VALID = "valid"
    NUM_STEPS = "num_steps"


class Otherwise(StrEnum):
    """What happens when a gate stays shut."""

    STOP = "stop"
    GO_ON = "go_on"


class Gate(Section):
    """What a stage must have reached before the next one starts.

    Example:
        >>> Gate(measure="valid", at_least=0.9).opens(0.95)
        True

    Attributes:
        measure: ``success``, ``score``, ``valid`` (share of steps whose action could be performed) or ``num_steps``.
        at_least: Opens from here on.
        at_most: Opens up to here.
        tries: How often the stage is run, each time from where the last left the weights, until the gate opens.
        otherwise: ``stop`` the whole run, or ``go_on`` all the same.
    """

    measure: Measure = Measure.SUCCESS
    at_least: float | None = None
    at_most: float | None = None
    tries: Positive = 1
    otherwise: Otherwise = Otherwise.STOP

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("a gate without at_least and at_most is always open: give one of them, or no gate")
        return self

    def opens(self, value: float) -> bool:
        """Whether a measured value lets the next stage start."""
        low = self.at_least is None or value >= self.at_least
        return low and (self.at_most is None or value <= self.at_most)

    def text(self) -> str:
        """What it asks for, in words."""
        bounds = [f">= {self.at_least:g}" if self.at_least is not None else ""]
        bounds += [f"<= {self.at_most:g}" if self.at_most is not None else ""]
        return f"{self.measure} {' and '.join(bound for bound in bounds if bound)}"


class Stage(Section):
    """One stage.

    Attributes:
        name: Names its folder; may stand in braces in the settings of later stages.
        recipe: A recipe of the package, or a TOML file.
        settings: Dotted keys laid over it. ``model.source`` is the final weights of the stage before, unless given.
        gate: What must be reached before the next stage; absent for nothing.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    recipe: str
    settings: dict[str, Any] = Field(default_factory=dict)
    gate: Gate | None = None


class StagedRecipe(Section):
    """A whole staged run.

    Attributes:
        name: What the run is called.
        seed: Given to every stage.
        stages: In their order.
    """

    name: str
    seed: Count = 0
    stages: Annotated[tuple[Stage, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names(self) -> Self:
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names) or PREVIOUS in names:
            raise ValueError(f"stages need names of their own, none of them {PREVIOUS!r}: {', '.join(names)}")
        return self

    def recipe_of(self, stage: Stage, *, folders: Mapping[str, str], weights: str | None, attempt: int = 0) -> Recipe:
        """The recipe that a stage runs.

        Args:
            stage: The stage.
            folders: Folders of the stages before, by name.
            weights: Where the stage before, or the last try, left its weights; ``None`` for the first.
            attempt: How often it was tried before; another seed each time.

        Raises:
            ConfigError: A setting is out of range, or names in braces what is not there.
            UnknownNameError: There is no such recipe or setting.
        """
        settings: dict[str, Any] = {"name": f"{self.name}/{stage.name}", "seed": self.seed + 1_000 * attempt}
        if weights is not None:
            settings["model.source"] = weights
        settings |= {key: _filled(value, folders, stage.name) for key, value in stage.settings.items()}
        return load_recipe(stage.recipe, settings)


def is_staged(name_or_path: str | Path) -> bool:
    """Whether a recipe has stages; raises like ``load_recipe`` where there is none."""
    return "stages" in _tables(find_recipe(name_or_path))


def load_staged(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> StagedRecipe:
    """Read a staged recipe.

    Args:
        name_or_path: A recipe of the package, or a TOML file.
        overrides: ``seed``, and settings of a stage after its name, as in ``{"format.warm_start.lr": 1e-4}``.

    Raises:
        UnknownNameError: No such recipe or stage.
        ConfigError: A value of the wrong type or out of range.
    """
    path = find_recipe(name_or_path)
    tables = _tables(path)
    staged = validated(StagedRecipe, tables, where=f"recipe {str(name_or_path)!r}")
    more: dict[str, dict[str, Any]] = {stage.name: {} for stage in staged.stages}
    seed = staged.seed
    for key, value in (overrides or {}).items():
        first, _, rest = key.partition(".")
        if key == "seed":
            seed = read_value(value)
        elif first in more and rest:
            more[first][rest] = value
        else:
            raise UnknownNameError(
                f"setting of {staged.name}", key, allowed=["seed", *(f"{name}.<setting>" for name in more)]
            )
    stages = [stage.model_copy(update={"settings": {**stage.settings, **more[stage.name]}}) for stage in staged.stages]
    return validated(StagedRecipe, {"name": staged.name, "seed": seed, "stages": stages}, where=f"recipe {path.stem!r}")


def measured(measure: Measure, evaluation: Evaluation) -> float:
    """What a gate looks at."""
    tasks = list(evaluation.tasks.values())
    values = [1.0 - task.invalid if measure is Measure.VALID else getattr(task, measure.value) for task in tasks]
    return sum(values) / len(values)


def _filled(value: Any, folders: Mapping[str, str], stage: str) -> Any:
    if not isinstance(value, str) or "{" not in value:
        return value
    for name, folder in folders.items():
        value = value.replace(f"{{{name}}}", folder)
    if "{" in value:
        known = ", ".join(f"{{{name}}}" for name in folders) or "none: it is the first stage"
        raise ConfigError(f"stage {stage!r}: {value!r} names a stage that does not come before it; before it: {known}")
    return value


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
