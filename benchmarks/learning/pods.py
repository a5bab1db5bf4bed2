"""``python -m benchmarks.learning.pods``: learn from few of many rollouts, at equal time.

Every arm trains for the same number of seconds, whatever it does with them. PODS rolls out 16 members of each group and
learns from the 8 of largest variance; its control learns from 8 random ones of the 16; GRPO rolls out 8.
"""

from __future__ import annotations

import sys

from benchmarks.learning.arms import Arm, Experiment, main

CLOCK = {"train.max_env_steps": 0, "train.max_seconds": 60.0}


def kept(rule: str) -> dict[str, object]:
    """Sixteen members, of which a rule keeps eight."""
    return {**CLOCK, "train.group_size": 16, "train.group_editors": [{"name": "pods", "keep": 8, "rule": rule}]}


EXPERIMENT = Experiment(
    name="pods",
    question="At equal time, is it better to roll out more than one learns from?",
    expected="PODS above GRPO at equal time, where rolling out is cheap beside learning (arXiv 2504.13818).",
    arms=(
        Arm(name="grpo, by the clock", changes=CLOCK),
        Arm(name="pods", changes=kept("max_variance")),
        Arm(name="8 random ones of 16", changes=kept("random")),
    ),
)

if __name__ == "__main__":
    sys.exit(main(EXPERIMENT, sys.argv[1:]))
