"""``python -m benchmarks.learning.opo``: a length-weighted baseline against GRPO's mean.

Both take one optimiser step per batch, which OPO's derivation asks for. GRPO is shown with and without its division by
the deviation, because OPO does not divide.
"""

from __future__ import annotations

import sys

from benchmarks.learning.arms import Arm, Experiment, main

EXPERIMENT = Experiment(
    name="opo",
    question="Does the baseline of least variance, lengths counted in tokens, learn more than the group's mean?",
    expected="OPO above GRPO, with steadier training, on single-turn mathematics (arXiv 2505.23585); nothing is "
    "claimed for agents.",
    arms=(
        Arm(name="grpo"),
        Arm(name="grpo, mean only", changes={"train.algorithm": {"name": "grpo", "norm": "mean_norm"}}),
        Arm(name="opo", changes={"train.algorithm": {"name": "opo"}}),
    ),
)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, sys.argv[1:]))
