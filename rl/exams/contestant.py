"""Who is evaluated: a script, or a model from its folder, prompted as it was trained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clickwright.agents.agent import Agent, LanguageAgent
from clickwright.agents.codecs.base import Codec
from clickwright.agents.folder import MODEL_OF_A_RUN, AgentSettings, agent_of, load_settings, model_folder
from clickwright.agents.rollouts import SCRIPTED, resolve
from clickwright.agents.weights import load_folder
from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.checkpoint import STATE
from clickwright.rl.kept_weights import START, from_checkpoint, version_of
from clickwright.rl.recipe import Recipe
from clickwright.rl.run_folder import RECIPE, recipe_of
from clickwright.rl.runner import NUM_COHORTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One agent of an evaluation, before it is loaded.

    Attributes:
        label: What tables call it.
        folder: Where its model is; ``None`` for a script.
        checkpoint: Where its weights are, where that is another folder.
        settings: How it is prompted; ``None`` for a script.
        recipe: The recipe of the run it is from, where it is from one.
    """

    label: str
    folder: Path | None = None
    checkpoint: Path | None = None
    settings: AgentSettings | None = None
    recipe: Recipe | None = field(default=None, repr=False)

    @property
    def facts(self) -> Mapping[str, Any]:
        """What a report says of it."""
        if self.settings is None:
            return {"label": self.label, "script": True}
        return {
            "label": self.label,
            "folder": str(self.checkpoint or self.folder),
            **self.settings.model_dump(mode="json"),
        }

    @property
    def text_budget(self) -> int:
        """Longest text it reads, in characters; 0 where it does not say."""
        return 0 if self.settings is None else self.settings.text_budget

    def load(self, *, temperature: float, seed: int, num_envs: int) -> Agent:
        """The agent itself; requests of a model are served in fixed cohorts, so that an evaluation can be repeated.

        Raises:
            DamagedFileError: Its weights cannot be read.
        """
        if self.folder is None or self.settings is None:
            return resolve(self.label, seed=seed)[0]
        weights = load_folder(self.folder) if self.checkpoint is None else from_checkpoint(self.folder, self.checkpoint)
        return agent_of(
            weights,
            self.settings,
            temperature=temperature,
            seed=seed,
            max_batch=num_envs,
            num_cohorts=NUM_COHORTS,
            name=self.label,
        )


def contestant(name: str | Path) -> Contestant:
    """Find an agent by name.

    Args:
        name: ``"oracle"``, ``"random"``, the folder of a model, of a finished run, or of a checkpoint of a run.

    Raises:
        UnknownNameError: Neither a script nor a folder.
        ConfigError: A folder without a model.
        DamagedFileError: Its settings, or the recipe of its run, cannot be read.
    """
    if name in SCRIPTED:
        return Contestant(label=str(name))
    path = Path(name)
    if not path.exists():
        allowed = (*SCRIPTED, "the folder of a model, of a finished run, or of a checkpoint")
        raise UnknownNameError("agent", str(name), allowed=allowed)
    run = next((one for one in (path, path.absolute().parent.parent) if (one / RECIPE).is_file()), None)
    recipe = None if run is None else recipe_of(run)
    if run is not None and (path / STATE).is_file():
        shape = next((one for one in (run / START, run / MODEL_OF_A_RUN) if (one / "config.json").is_file()), None)
        if shape is None:
            raise ConfigError(f"{path} holds weights, and {run} keeps no model that they are of: give another agent")
        settings = load_settings(shape).model_copy(update={"policy_version": version_of(path)})
        return Contestant(label=str(name), folder=shape, checkpoint=path, settings=settings, recipe=recipe)
    folder = model_folder(path)
    return Contestant(label=str(name), folder=folder, settings=load_settings(folder), recipe=recipe)


def codec_of(agent: Agent) -> Codec | None:
    """The language an agent answers in; ``None`` for a script."""
    return agent.codec if isinstance(agent, LanguageAgent) else None
