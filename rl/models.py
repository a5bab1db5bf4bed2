"""Where a run's weights come from, where they go, and a copy to measure distances from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

from clickwright.agents.folder import AgentSettings, save_settings
from clickwright.agents.weights import load_folder, quiet, save_folder
from clickwright.errors import ConfigError
from clickwright.rl.recipe import Recipe
from clickwright.rl.run_sections import Model


def load_model(section: Model) -> tuple[Any, Any]:
    """The model, in float32 and in evaluation mode, and its tokenizer.

    Raises:
        ConfigError: The folder does not exist.
        DamagedFileError: It cannot be read.
    """
    model: Any
    if section.source == "base":
        from clickwright.agents.tiny import load_base

        with quiet():
            model, tokenizer = load_base()
    else:
        folder = Path(section.source)
        if not (folder / "config.json").is_file():
            raise ConfigError(f'model.source = "{folder}": no such model; give "base" or a save_pretrained folder')
        model, tokenizer = load_folder(folder)
    return model.to(section.device).eval(), tokenizer


def save_model(model: Any, tokenizer: Any, folder: Path, recipe: Recipe, *, version: int) -> Path:
    """Write weights, tokenizer and how the policy was prompted, so that ``load_agent`` acts as in training."""
    save_folder(model, tokenizer, folder)
    rollout = recipe.rollout
    settings = AgentSettings(
        codec=recipe.agent.codec,
        max_actions=recipe.agent.max_actions,
        history=rollout.history,
        max_prompt_tokens=rollout.max_prompt_tokens,
        max_new_tokens=rollout.max_new_tokens,
        text_budget=recipe.env.text_budget,
        policy_version=version,
    )
    save_settings(folder, settings)
    return folder


def frozen_copy(model: Any) -> Any:
    """The weights as they are now, for good."""
    twin = copy.deepcopy(model).eval()
    for parameter in twin.parameters():
        parameter.requires_grad_(False)
    return twin
