"""How often a policy solves each task of a recipe: many tries on training seeds, and the pass rates as a file."""

from __future__ import annotations

from clickwright.errors import ConfigError
from clickwright.rl.evaluate import short_name
from clickwright.rl.pass_rates import PassRate, PassRates
from clickwright.rl.runner import Job, by_member
from clickwright.rl.streams import stream
from clickwright.rl.workspace import Workspace


def profile(work: Workspace, *, tries: int, policy: str) -> PassRates:
    """Try every task of the recipe, sampling as in training; no two tries of a task have the same seed.

    Args:
        work: The run whose store keeps the tries.
        tries: Episodes per task; those that end in a fault do not count.
        policy: What the file says was profiled.

    Raises:
        ConfigError: Every try of a task ended in a fault.
    """
    recipe = work.recipe
    per_task = []
    for env_id in recipe.env.tasks:
        seeds = stream(recipe.seed, "profile", env_id).integers(2**31, size=tries).tolist()
        per_task.append(
            [
                Job(
                    env_id=env_id,
                    seed=seed,
                    split="train",
                    stream=f"profile/{env_id}/{place}",
                    episode_id=f"profile{work.session}-{short_name(env_id)}-{place}",
                    recorded_as="train",
                    frames=recipe.record.frames == "all",
                )
                for place, seed in enumerate(seeds)
            ]
        )
    jobs = by_member(per_task)
    with work.progress.stage("profile", len(jobs), "episodes") as tracker:
        episodes = work.runner.run(jobs, work.agent(greedy=False), on_done=lambda episode: tracker.advance())
    results: dict[str, list[bool]] = {env_id: [] for env_id in recipe.env.tasks}
    for job, episode in zip(jobs, episodes, strict=True):
        if episode.trainable:
            results[job.env_id].append(episode.success)
    nothing = [env_id for env_id, found in results.items() if not found]
    if nothing:
        raise ConfigError(
            f"every try of {', '.join(nothing)} ended in a fault, which says nothing of the policy: see what "
            f"clickwright traj ls {work.run_dir} lists, mend it, and profile again"
        )
    rates = {env_id: PassRate(tries=len(found), successes=sum(found)) for env_id, found in results.items()}
    work.metrics.write("profile", 0, {f"profile/{short_name(task)}": found.rate for task, found in rates.items()})
    return PassRates(policy=policy, tasks=rates)


def table(found: PassRates) -> str:
    """The pass rates as text, the task that is solved least first."""
    width = max(len(task) for task in found.tasks)
    rows = sorted(found.tasks.items(), key=lambda item: item[1].rate)
    return "\n".join(f"{task:<{width}}  {one.successes:>4} of {one.tries}  {one.rate:.0%}" for task, one in rows)
