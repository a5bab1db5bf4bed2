"""``python -m benchmarks.learning.long_horizon``: sparse long-horizon tasks on which whole groups fail.

Six right actions in a row and a reward only at the end, from a start at which most groups fail as a whole. Every arm
starts from the same weights, takes the same number of environment steps and reads the same recipe but for the lines
below.
"""

from __future__ import annotations

import sys

from benchmarks.learning.arms import Arm, Experiment, main

GIGPO = {"train.algorithm": {"name": "gigpo", "norm": "mean_std_norm", "gamma": 0.95}}
REPLAY = {"train.group_editors": [{"name": "arpo_replay"}]}
PREFIX = {"train.guides": [{"name": "expert_prefix"}], "train.loss": {"name": "uft"}}

EXPERIMENT = Experiment(
    name="long_horizon",
    question="Six right actions for one reward: who still learns when most groups fail as a whole?",
    expected="GiGPO above GRPO by 9 points or more on multi-step tasks (arXiv 2505.10978); ARPO above GRPO where "
    "groups fail as a whole (arXiv 2505.16282).",
    arms=(
        Arm(name="grpo"),
        Arm(name="gigpo", changes=GIGPO),
        Arm(name="arpo", changes=REPLAY),
        Arm(name="gigpo+arpo", changes=GIGPO | REPLAY),
        Arm(name="uft", changes=PREFIX),
    ),
)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, sys.argv[1:]))
