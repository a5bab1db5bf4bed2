"""What a recipe reads beside itself, looked at before anything starts: recorded runs, their layers, their judges."""

from __future__ import annotations

from clickwright.rl.feedback_sections import Keep
from clickwright.rl.mixed_rewards import judges, layer_terms
from clickwright.rl.recipe import Recipe
from clickwright.rl.recordings import Recordings
from clickwright.rl.task_filter import pass_rates_of, tasks_of
from clickwright.trajectories.exports.pairs import By


def check_sources(recipe: Recipe) -> None:
    """Refuse a recipe whose recorded runs, layers or judges cannot be used.

    Raises:
        UnknownNameError: A run or a layer that does not exist.
        ConfigError: A layer or a scorer that may not touch a reward; says why.
    """
    tasks = recipe.env.tasks
    if recipe.warm_start is not None and (recorded := recipe.warm_start.recorded) is not None:
        recordings = Recordings(recorded.run, tasks=tasks, splits=recorded.splits)
        recordings.read(recorded.labels, needed=Keep.GOOD in recorded.keep or "labels" in recorded.model_fields_set)
        if Keep.CORRECTED in recorded.keep:
            recordings.corrections(recorded.corrections)
    if (preferences := recipe.preferences) is not None:
        recordings = Recordings(preferences.run, tasks=tasks, splits=preferences.splits)
        people = set(preferences.by) - {By.RETURN}
        recordings.people(people, corrections=preferences.corrections, preferences=preferences.preferences)
    if recipe.offline is not None:
        recordings = Recordings(recipe.offline.run, tasks=tasks, splits=recipe.offline.splits)
        layer_terms(recordings, recipe.offline.rewards)
    if recipe.train is not None:
        pass_rates_of(recipe.train)
        tasks_of(tasks, recipe.train)
        judges(recipe.train.rewards, frames=recipe.record.frames == "all")
