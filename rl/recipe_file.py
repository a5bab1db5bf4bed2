"""Recipes as TOML: found by name, extended, overridden, checked, written back resolved."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.recipe import Recipe
from clickwright.rl.validation import read_value, validated

RECIPES_DIR = Path(__file__).resolve().parent / "recipes"


def recipe_names() -> list[str]:
    """Names of the recipes in the package."""
    return sorted(path.stem for path in RECIPES_DIR.glob("*.toml"))


def load_recipe(name_or_path: str | Path, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """Read a recipe.

    A file may start with ``extends = "other"``: the other recipe's tables are taken and this file's keys laid over
    them. A table whose ``name`` differs (another loss, another estimator) replaces the old one whole, because options
    belong to their plug-in. ``drop = ["train"]`` leaves out inherited sections.

    Args:
        name_or_path: A recipe of the package, or a TOML file.
        overrides: Dotted keys and their values, e.g. ``{"train.lr": 1e-4}``; text is read as TOML where it can be.

    Example:
        >>> load_recipe("quickstart", {"train.lr": "1e-4"}).train.lr
        0.0001

    Raises:
        UnknownNameError: No such recipe, or a key nothing reads.
        ConfigError: A value of the wrong type or out of range.
    """
    tables = _read(name_or_path, seen=())
    for key, value in (overrides or {}).items():
        _lay_over(tables, _nested(key.split("."), read_value(value)))
    recipe = validated(Recipe, tables, where=f"recipe {str(name_or_path)!r}")
    recipe.check()
    return recipe


def resolved(recipe: Recipe) -> str:
    """The recipe with every default written out, as JSON."""
    return json.dumps(recipe.model_dump(mode="json"), indent=2) + "\n"


def _read(name_or_path: str | Path, *, seen: tuple[Path, ...], beside: Path | None = None) -> dict[str, Any]:
    path = find_recipe(name_or_path, beside)
    if path in seen:
        raise ConfigError(f"{path} extends itself: {' -> '.join(p.name for p in (*seen, path))}")
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None
    parent, drop = tables.pop("extends", None), tables.pop("drop", [])
    if parent is None:
        if drop:
            raise ConfigError(f"{path}: drop leaves out inherited sections, and there is no extends")
        return tables
    result = _read(parent, seen=(*seen, path), beside=path.parent)
    for section in drop:
        if section not in result:
            raise UnknownNameError(f"section to drop in {path.name}", str(section), allowed=result)
        del result[section]
    _lay_over(result, tables)
    return result


def find_recipe(name_or_path: str | Path, beside: Path | None = None) -> Path:
    """The file of a recipe.

    Args:
        name_or_path: A recipe of the package, or a TOML file.
        beside: A folder in which it may also lie.

    Raises:
        UnknownNameError: No recipe has that name.
        ConfigError: There is no such file.
    """
    text = str(name_or_path)
    candidates = [Path(text), *([beside / text, beside / f"{text}.toml"] if beside else [])]
    for candidate in candidates:
        if candidate.suffix == ".toml" and candidate.is_file():
            return candidate.resolve()
    shipped = RECIPES_DIR / f"{text}.toml"
    if shipped.is_file():
        return shipped
    if text.endswith(".toml"):
        raise ConfigError(f"no recipe file {text!r}; recipes by name: {', '.join(recipe_names())}")
    raise UnknownNameError("recipe", text, allowed=recipe_names())


def _lay_over(tables: dict[str, Any], over: Mapping[str, Any]) -> None:
    for key, value in over.items():
        old = tables.get(key)
        if isinstance(old, dict) and isinstance(value, Mapping):
            if "name" in value and value["name"] != old.get("name"):
                old.clear()
            _lay_over(old, value)
        else:
            tables[key] = dict(value) if isinstance(value, Mapping) else value


def _nested(path: list[str], value: Any) -> dict[str, Any]:
    for part in reversed(path):
        value = {part: value}
    result: dict[str, Any] = value
    return result
