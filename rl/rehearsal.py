"""The first iteration, planned for nothing: a sampler that cannot plan says so before hours of warm start."""

from __future__ import annotations

from pathlib import Path

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.pass_rates import read_pass_rates
from clickwright.rl.recipe import Recipe


def rehearse(recipe: Recipe) -> list[GroupPlan]:
    """What the sampler of a recipe would plan first.

    Raises:
        ConfigError: Its profile is not there, leaves tasks out, or leaves the sampler no task.
        DamagedFileError: The profile cannot be read.
    """
    section = recipe.train
    if section is None:
        return []
    moment = Moment(
        iteration=0,
        max_iterations=section.max_iterations,
        version=0,
        seed=recipe.seed,
        tasks=recipe.env.tasks,
        num_groups=section.groups,
        group_size=section.group_size,
        pass_rates=read_pass_rates(Path(section.pass_rates)).tasks if section.pass_rates else {},
    )
    return recipe.loop_plugins().sampler.plan(moment)
