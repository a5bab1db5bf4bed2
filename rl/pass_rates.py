"""How often a policy solved each task when it was profiled: a file that every sampler of a later run can read."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from clickwright.errors import ConfigError, DamagedFileError


class PassRate(BaseModel):
    """Tries at a task and how many of them met its goal.

    Example:
        >>> PassRate(tries=16, successes=4).rate
        0.25

    Attributes:
        tries: Episodes that ended without a fault.
        successes: Those of them that met the goal.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    tries: int = Field(ge=1)
    successes: int = Field(ge=0)

    @model_validator(mode="after")
    def _possible(self) -> PassRate:
        if self.successes > self.tries:
            raise ValueError(f"{self.successes} successes of {self.tries} tries")
        return self

    @property
    def rate(self) -> float:
        """Share of the tries that met the goal."""
        return self.successes / self.tries


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: str
    tasks: dict[str, PassRate]


@dataclass(frozen=True, slots=True, kw_only=True)
class PassRates:
    """A profile.

    Attributes:
        policy: What was profiled.
        tasks: By registered environment id.
    """

    policy: str
    tasks: Mapping[str, PassRate]


def write_pass_rates(path: Path, found: PassRates) -> None:
    """Write a profile; a reader sees the old file or the whole new one."""
    text = _File(policy=found.policy, tasks=dict(found.tasks)).model_dump_json(indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.new")
    draft.write_text(text, "utf-8")
    os.replace(draft, path)


def read_pass_rates(path: Path) -> PassRates:
    """Read a profile.

    Raises:
        ConfigError: There is no such file.
        DamagedFileError: It is not a profile.
    """
    if not path.is_file():
        raise ConfigError(f"there is no profile {path}: write one with clickwright profile RECIPE --out {path}")
    try:
        found = _File.model_validate(json.loads(path.read_text("utf-8")))
    except (ValueError, ValidationError) as error:
        raise DamagedFileError(f"{path} is not a profile of pass rates: {error}") from None
    return PassRates(policy=found.policy, tasks=found.tasks)
