"""Who is evaluated: a script, or a model from its folder, prompted as it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickwright.agents.agent import Agent, LanguageAgent
from clickwright.agents.codecs.base import Codec
from clickwright.agents.folder import AgentSettings, load_agent, load_settings, model_folder
from clickwright.agents.rollouts import SCRIPTED, resolve
from clickwright.errors import UnknownNameError
from clickwright.rl.recipe import Recipe
from clickwright.rl.run_folder import recipe_of
from clickwright.rl.runner import NUM_COHORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One agent of an evaluation, before it is loaded.

    Attributes:
        label: What tables call it.
        folder: Where its weights are; ``None`` for a script.
        settings: How it is prompted; ``None`` for a script.
        recipe: The recipe of the run it is from, where it is from one.
    """

    label: str
    folder: Path | None = None
    settings: AgentSettings | None = None
    recipe: Recipe | None = field(default=None, repr=False)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a report says of it."""
        if self.settings is None:
            return {"label": self.label, "script": True}
        return {"label": self.label, "folder": str(self.folder), **self.settings.model_dump(mode="json")}

    @property
    def text_budget(self) -> int:
        """Longest text it reads, in characters; 0 where it does not say."""
        return 0 if self.settings is None else self.settings.text_budget

    def load(self, *, temperature: float, seed: int, num_envs: int) -> Agent:
        """The agent itself; requests of a model are served in fixed cohorts, so that an evaluation can be repeated."""
        if self.folder is None:
            return resolve(self.label, seed=seed)[0]
        return load_agent(self.folder, temperature=temperature, seed=seed, max_batch=num_envs, num_cohorts=NUM_COHORTS)


def contestant(name: str | Path) -> Contestant:
    """Find an agent by name.

    Args:
        name: ``"oracle"``, ``"random"``, the folder of a model, or of a finished run.

    Raises:
        UnknownNameError: Neither a script nor a folder.
        ConfigError: A folder without a model.
        DamagedFileError: Its settings, or the recipe of its run, cannot be read.
    """
    if name in SCRIPTED:
        return Contestant(label=str(name))
    if not Path(name).exists():
        raise UnknownNameError("agent", str(name), allowed=(*SCRIPTED, "the folder of a model or of a finished run"))
    folder = model_folder(name)
    return Contestant(label=str(name), folder=folder, settings=load_settings(folder), recipe=recipe_of(Path(name)))


def codec_of(agent: Agent) -> Codec | None:
    """The language an agent answers in; ``None`` for a script."""
    return agent.codec if isinstance(agent, LanguageAgent) else None
