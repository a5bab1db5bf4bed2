"""A whole run: base, warm start, RL, held-out evaluation, report."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from clickwright.agents.folder import MODEL_OF_A_RUN
from clickwright.rl import checkpoint, run_folder
from clickwright.rl.evaluate import Evaluation, evaluate
from clickwright.rl.kept_weights import START
from clickwright.rl.loop import Loop, LoopState, critic_for, make_optimizer, reference_for
from clickwright.rl.models import load_model, save_model
from clickwright.rl.next_steps import next_steps
from clickwright.rl.offline import offline_stage
from clickwright.rl.preferences import preference_stage
from clickwright.rl.progress import Progress, Say
from clickwright.rl.recipe import Recipe, Train
from clickwright.rl.recipe_sources import check_sources
from clickwright.rl.report import final_table, write_report
from clickwright.rl.warmstart import warm_start
from clickwright.rl.workspace import Workspace, check_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainResult:
    """What a run came to.

    Attributes:
        run_dir: Where everything lies: records, metrics, checkpoints, models, report.
        evaluations: Held-out results by stage: ``"base"``, ``"warm"``, ``"preferred"``, ``"offline"``, ``"final"``, as
            far as the recipe has them.
        num_iterations: RL iterations done.
        seconds: Wall time of this session.
        model_dir: The final weights, a Hugging Face folder.
        table: The final table as text.
    """

    run_dir: Path
    evaluations: dict[str, Evaluation]
    num_iterations: int
    seconds: float
    model_dir: Path
    table: str

    @property
    def success(self) -> float:
        """Mean held-out success of the final weights."""
        return self.evaluations["final"].success


def train(
    recipe: Recipe, *, run_dir: str | Path | None = None, resume: bool | str = False, say: Say | None = None
) -> TrainResult:
    """Run a recipe from the base weights to the report.

    Args:
        recipe: What to do; see ``load_recipe``.
        run_dir: Where to write; must not hold a run already, unless ``resume``. ``runs/<name>`` when not given.
        resume: Take the run of ``run_dir`` up from its newest checkpoint, or from the one of that name.
        say: Prints a line; the terminal, with live bars, when not given.

    Raises:
        UnknownNameError: A task or a setting that does not exist.
        ConfigError: A setting out of range, a folder that holds another run, or a resume that changes the recipe.
        DamagedFileError: The checkpoint to resume from is damaged; nothing was changed.
    """
    recipe.check()
    check_tasks(recipe)
    check_sources(recipe)
    started = time.perf_counter()
    progress = Progress(say)
    weights = load_model(recipe.model)
    folder = run_folder.prepare(recipe, run_dir, resume=bool(resume))
    found = checkpoint.find(folder, resume if isinstance(resume, str) else None) if resume else None
    if found is not None:
        checkpoint.verify(found)
    meta = run_folder.describe(recipe)
    session = run_folder.next_session(folder, meta)
    with Workspace(recipe, folder, weights=weights, session=session, progress=progress, meta=meta) as work:
        progress.say(f"run {folder}: {recipe.name}, seed {recipe.seed}, {len(recipe.env.tasks)} tasks")
        state = LoopState()
        if found is None:
            before_training(work, state)
        if recipe.train is not None:
            loop = _loop(work, recipe.train, state, found)
            state = loop.state
            loop.run()
        final = _evaluate_held_out(work, "final")
        state.add(final)
        model_dir = save_model(work.model, work.tokenizer, folder / MODEL_OF_A_RUN, recipe, version=work.policy.version)
    evaluations = {data["stage"]: Evaluation.from_json(data) for data in state.evaluations}
    seconds = time.perf_counter() - started
    write_report(folder, recipe, evaluations, seconds=seconds)
    table = final_table(evaluations)
    progress.say(table)
    progress.say(next_steps(folder, recipe, seconds=seconds))
    return TrainResult(
        run_dir=folder,
        evaluations=evaluations,
        num_iterations=state.iteration,
        seconds=seconds,
        model_dir=model_dir,
        table=table,
    )


def before_training(work: Workspace, state: LoopState) -> None:
    """The stages before RL: imitate, prefer, learn from recorded groups; held-out evaluations before and between."""
    recipe = work.recipe
    if recipe.evaluate.base:
        state.add(_evaluate_held_out(work, "base"))
    if recipe.warm_start is not None:
        warm_start(work, recipe.warm_start)
        if recipe.preferences or recipe.offline or recipe.train:
            state.add(_evaluate_held_out(work, "warm"))
    if recipe.preferences is not None:
        preference_stage(work, recipe.preferences)
        if recipe.offline or recipe.train:
            state.add(_evaluate_held_out(work, "preferred"))
    if recipe.offline is not None:
        offline_stage(work, recipe.offline)
        if recipe.train is not None:
            state.add(_evaluate_held_out(work, "offline"))
    state.version = work.policy.version


def _loop(work: Workspace, section: Train, state: LoopState, found: Path | None) -> Loop:
    """The RL stage, at its start or where a checkpoint left it."""
    start_dir = work.run_dir / START
    optimizer, critic = make_optimizer(work.model, section), critic_for(work, section)
    if found is None:
        save_model(work.model, work.tokenizer, start_dir, work.recipe, version=state.version)
        reference = reference_for(work)
        loop = Loop(work, section, state, optimizer=optimizer, reference=reference, critic=critic)
        loop.save()
        return loop
    run_folder.load_weights(work.model, start_dir)
    reference = reference_for(work)
    state = LoopState(**checkpoint.load(found, model=work.model, optimizer=optimizer))
    work.policy.update(state.version)
    work.metrics.write("resume", state.iteration, {"checkpoint": found.name})
    work.progress.say(f"taken up after iteration {state.iteration} from {found.name}")
    if critic is not None:
        critic.restore(checkpoint.extra(found))
    return Loop(work, section, state, optimizer=optimizer, reference=reference, critic=critic)


def _evaluate_held_out(work: Workspace, stage: str) -> Evaluation:
    held_out = work.recipe.evaluate
    seeds = range(held_out.first_seed, held_out.first_seed + held_out.episodes_per_task)
    return evaluate(work, stage, seeds=seeds)
