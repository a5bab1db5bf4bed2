"""The first iteration, planned for nothing: a sampler that cannot plan says so before hours of warm start."""

from __future__ import annotations

from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.recipe import Recipe
from clickwright.rl.task_filter import pass_rates_of, tasks_of


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
        tasks=tasks_of(recipe.env.tasks, section),
        num_groups=section.groups,
        group_size=section.group_size,
        pass_rates=pass_rates_of(section),
    )
    return recipe.loop_plugins().sampler.plan(moment)
