"""``python -m benchmarks.learning.warm_start``: RL after no demonstrations, a few and many.

Success with the most likely tokens says what RL adds; pass@k at temperature 1, on the same held-out trails before and
after, says whether it adds solutions or only makes likelier what could be sampled before.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

from benchmarks.learning.arms import Arm, Experiment, main
from clickwright.rl.exams.contestant import contestant
from clickwright.rl.exams.plan import PLAIN, Plan
from clickwright.rl.exams.run import examine
from clickwright.rl.kept_weights import START
from clickwright.rl.progress import Progress
from clickwright.rl.run_folder import recipe_of

NUM_SEEDS, NUM_TRIES, KS = 12, 8, (1, 2, 4, 8)
FIRST_SEED = 6000


def passes(folder: Path) -> dict[str, Any]:
    """Pass@k of the weights a run began with and of those it ended with."""
    recipe = recipe_of(folder)
    plan = Plan(
        env=recipe.env,
        tasks=recipe.env.tasks,
        num_seeds=NUM_SEEDS,
        first_seed=FIRST_SEED,
        num_tries=NUM_TRIES,
        ks=KS,
        temperature=1.0,
        seed=recipe.seed,
        num_envs=recipe.rollout.num_envs,
        frames_per_task=0,
    )
    out = folder / "passes"
    shutil.rmtree(out, ignore_errors=True)
    agents = [contestant(folder / START), contestant(folder)]
    report = examine(agents, plan, out, progress=Progress(lambda text: None))
    found = [model.sections[PLAIN].pass_at for model in report.models]
    names = ("before", "after")
    curves = {name: {str(k): one[k].mean for k in KS} for name, one in zip(names, found, strict=True)}
    return {"pass_at": curves, "num_seeds": NUM_SEEDS, "num_tries": NUM_TRIES, "first_seed": FIRST_SEED}


EXPERIMENT = Experiment(
    name="warm_start",
    question="What do demonstrations do for RL, and does RL solve what could not be sampled before?",
    expected="RL from the base model alone does not get off the ground on sparse rewards; where it does, it raises "
    "pass@1 and leaves pass@k for large k as it is, or lowers it (arXiv 2504.13837).",
    arms=(
        Arm(name="no demonstrations", start=None),
        Arm(name="grpo"),
        Arm(name="100 demonstrations", start={"warm_start.episodes_per_task": 100, "warm_start.epochs": 2}),
    ),
    more=passes,
)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, sys.argv[1:]))
