"""``python -m benchmarks.learning.miniwob_steps``: the long-horizon question on real pages.

MiniWoB++ tasks of three to six actions with the reward at the end and no price of invalid actions.
"""

from __future__ import annotations

import sys

from benchmarks.learning.arms import HERE, Arm, Experiment, main
from benchmarks.learning.long_horizon import GIGPO, REPLAY

EXPERIMENT = Experiment(
    name="miniwob_steps",
    question="Does step-level credit, or replay, help on MiniWoB++ tasks of several steps?",
    expected="GiGPO above GRPO by 9 points or more on multi-step tasks (arXiv 2505.10978, on ALFWorld and WebShop).",
    arms=(
        Arm(name="grpo"),
        Arm(name="gigpo", changes=GIGPO),
        Arm(name="gigpo+arpo", changes=GIGPO | REPLAY),
    ),
    recipe=HERE / "miniwob.toml",
    needs_browser=True,
)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, sys.argv[1:]))
