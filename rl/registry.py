"""Named plug-ins: a class, a name, and the options that this class and no other reads."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from clickwright.errors import UnknownNameError
from clickwright.rl.validation import validated

T = TypeVar("T")
ClassT = TypeVar("ClassT", bound=type)


class Options(BaseModel):
    """Settings of one plug-in; a key that it does not declare is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a registry knows of one of its classes, read off the docstrings.

    Attributes:
        kind: What the registry holds.
        name: The name in recipes.
        about: First line of the class.
        source: The sentence after ``Source:`` in its module: paper, equation, code.
        unchecked: The sentence after ``Unchecked:``: what of the formula was taken from memory or from a summary.
    """

    kind: str
    name: str
    about: str
    source: str
    unchecked: str


class Registry(Generic[T]):
    """Classes by name, each built from its own ``Options``.

    A plug-in is one file with a class whose ``__init__`` takes an instance of its nested ``Options``, decorated with
    ``register``, and one import line in the package that holds the registry.

    Example:
        >>> shapes: Registry[object] = Registry("shape")
        >>> @shapes.register("circle")
        ... class Circle:
        ...     class Options(Options):
        ...         radius: float = 1.0
        ...     def __init__(self, options: "Circle.Options") -> None:
        ...         self.options = options
        >>> shapes.build("circle", {"radius": 2.0}).options.radius
        2.0
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._classes: dict[str, type] = {}

    def register(self, name: str) -> Callable[[ClassT], ClassT]:
        """Add a class under ``name``; a name can be taken once."""

        def add(cls: ClassT) -> ClassT:
            if name in self._classes:
                raise ValueError(f"{self.kind} {name!r} is registered twice: {self._classes[name]} and {cls}")
            self._classes[name] = cls
            return cls

        return add

    def get(self, name: str) -> type:
        """The class behind a name.

        Raises:
            UnknownNameError: Nothing has that name.
        """
        if name not in self._classes:
            raise UnknownNameError(self.kind, name, allowed=self._classes)
        return self._classes[name]

    def options(self, name: str, values: Mapping[str, Any]) -> Options:
        """Check a plug-in's settings.

        Raises:
            UnknownNameError: The plug-in reads no such key.
            ConfigError: A value is out of range.
        """
        model: type[Options] = self.get(name).Options  # type: ignore[attr-defined]
        return validated(model, values, where=f"{self.kind} {name!r}")

    def build(self, name: str, values: Mapping[str, Any] | None = None) -> T:
        """Make an instance from its settings."""
        built: T = self.get(name)(self.options(name, values or {}))
        return built

    def entry(self, name: str) -> Entry:
        """What is known of the class behind a name; raises like ``get``."""
        cls = self.get(name)
        about = (cls.__doc__ or "").strip().split("\n")[0]
        return described(self.kind, name, about=about, page=sys.modules[cls.__module__].__doc__ or "")

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._classes))


def described(kind: str, name: str, *, about: str, page: str) -> Entry:
    """An entry whose source and doubts stand in ``page``, a docstring."""
    return Entry(
        kind=kind,
        name=name,
        about=" ".join(about.split()),
        source=_sentence_after("Sources?", page),
        unchecked=_sentence_after("Unchecked", page),
    )


def _sentence_after(word: str, page: str) -> str:
    """What follows ``word:`` up to the end of its sentence or paragraph; empty when the word is not there."""
    found = re.search(rf"^{word}: (.*?)(?=\.(?:\s+[A-Z`]|\s*\Z)|\n\n|\Z)", page, flags=re.DOTALL | re.MULTILINE)
    return " ".join(found.group(1).split()) if found else ""
