"""Which environment an id stands for under a recipe's settings."""

from __future__ import annotations

from typing import Any

from clickwright.envs.pool.kind import Kind
from clickwright.rl.run_sections import Env


def kind_of(env: Env, env_id: str, frames: bool, *, text_budget: int = 0, variant: str = "") -> Kind:
    """What to build for an environment id.

    Args:
        env: The settings.
        env_id: Registered id.
        frames: Whether every step keeps a frame.
        text_budget: Longest text observation, in characters; that of the settings when 0.
        variant: Variant of the task; ``""`` for the task itself.

    Raises:
        UnknownNameError: No such environment.
    """
    settings: dict[str, Any] = {"max_steps": env.max_steps} if env.max_steps else {}
    if variant:
        settings["variant"] = variant
    return Kind.of(
        env_id,
        observe=("text",),
        invalid_penalty=env.invalid_penalty,
        max_invalid=env.max_invalid,
        text_budget=text_budget or env.text_budget,
        record_frames=frames,
        **settings,
    )
