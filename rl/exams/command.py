"""What ``clickwright eval`` does: fill in what was not said, then run it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clickwright.errors import ConfigError
from clickwright.rl.exams.contestant import contestant
from clickwright.rl.exams.plan import Plan
from clickwright.rl.exams.report import Report
from clickwright.rl.exams.run import examine
from clickwright.rl.progress import Progress, Say
from clickwright.rl.recipe_file import load_recipe
from clickwright.rl.run_sections import Env

NUM_SEEDS = 40
"""Seeds per task unless a recipe or the person says otherwise."""

OUT = Path("runs") / "eval"


def evaluate_agents(
    models: Sequence[str | Path],
    *,
    recipe: str | None = None,
    tasks: Sequence[str] = (),
    held_out_tasks: Sequence[str] = (),
    episodes: int | None = None,
    tries: int = 1,
    pass_at: Sequence[int] = (),
    first_seed: int | None = None,
    temperature: float | None = None,
    variants: Sequence[str] = (),
    seed: int = 0,
    num_envs: int = 16,
    frames: int = 2,
    out: str | Path | None = None,
    say: Say | None = None,
) -> Report:
    """Evaluate one agent, or compare two, on held-out seeds.

    What is not said comes from ``recipe``, else from the first model that is a run, else from the defaults of recipes.

    Args:
        models: ``"oracle"``, ``"random"``, folders of models, or of finished runs; one or two.
        recipe: Whose tasks and settings to take.
        tasks: Other tasks than its.
        held_out_tasks: Tasks that no model was trained on; a section of their own.
        episodes: Seeds per task.
        tries: Tries at each seed.
        pass_at: What pass@k to estimate; 1, 2, 4, ... up to the tries when empty.
        first_seed: The first seed.
        temperature: Of models; 0 for one try, 1 for several when not given.
        variants: Variants of all tasks to evaluate too.
        seed: Root of the random streams of sampling and of the bootstraps.
        num_envs: Environments kept warm.
        frames: Episodes per task and section that keep a frame of every step.
        out: Folder for store, ``eval.json`` and ``eval.png``; ``runs/eval``, or the next free number, when not given.
        say: Prints a line.

    Raises:
        UnknownNameError: An agent, a recipe, an environment or a variant that does not exist.
        ConfigError: Something that cannot be evaluated; nothing was run.
    """
    agents = [contestant(model) for model in models]
    source = load_recipe(recipe) if recipe is not None else next((a.recipe for a in agents if a.recipe), None)
    chosen = tuple(tasks) or (source.env.tasks if source is not None else ())
    twice = sorted({task for task in (*chosen, *held_out_tasks) if [*chosen, *held_out_tasks].count(task) > 1})
    if twice:
        raise ConfigError(f"named twice: {', '.join(twice)}")
    known = source.env if source is not None else Env(tasks=chosen or tuple(held_out_tasks) or ("none",))
    seeds = source.evaluate if source is not None else None
    plan = Plan(
        env=known,
        tasks=chosen,
        held_out_tasks=tuple(held_out_tasks),
        num_seeds=episodes if episodes is not None else seeds.episodes_per_task if seeds else NUM_SEEDS,
        first_seed=first_seed if first_seed is not None else seeds.first_seed if seeds else 0,
        num_tries=tries,
        ks=tuple(sorted(set(pass_at))) or doublings(tries),
        temperature=temperature if temperature is not None else float(tries > 1),
        variants=tuple(dict.fromkeys(variants)),
        seed=seed,
        num_envs=num_envs,
        frames_per_task=frames,
    )
    return examine(agents, plan, _free(OUT) if out is None else Path(out), progress=Progress(say))


def doublings(most: int) -> tuple[int, ...]:
    """1, 2, 4, ... and the last of them ``most`` itself.

    Example:
        >>> doublings(6), doublings(1)
        ((1, 2, 4, 6), (1,))
    """
    found = [1]
    while found[-1] * 2 < most:
        found.append(found[-1] * 2)
    return (*found, most) if most > 1 else tuple(found)


def _free(folder: Path) -> Path:
    """The folder, or the first of its numbered neighbours that holds nothing."""
    number, candidate = 1, folder
    while candidate.exists():
        number += 1
        candidate = folder.with_name(f"{folder.name}-{number}")
    return candidate
