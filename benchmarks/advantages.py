"""``python -m benchmarks.advantages``: seconds that each estimator, editor and multiplier takes for a million rows.

Beside each, what a plain Python loop over the rows takes for the same formula. Seconds of processor time: what one core
takes when it is left alone.
"""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.rounds import REPOSITORY
from benchmarks.row_loops import Rows
from benchmarks.token_loops import LOOPS
from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS, as_columns
from clickwright.rl.advantages.columns import Columns, TokenColumns

NUM_ROWS, BUDGET_S = 1_000_000, 1.0
STEPS, GROUP_SIZE, STATES, TOKENS_PER_ROW, VOCABULARY = 10, 8, 20, 4, 1_000
RESULT = Path("benchmarks/results/advantages.json")

CASES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    **{f"estimator {name}": (name, {}) for name in ESTIMATORS},
    "estimator grpo, mean_norm": ("grpo", {"norm": "mean_norm"}),
    "estimator gigpo, mean_std_norm": ("gigpo", {"norm": "mean_std_norm"}),
    "estimator ktae over actions": ("ktae", {"over": "actions"}),
    "estimator turn_gae, given values": ("turn_gae", {"critic": "given"}),
}
"""Estimators by what the table calls them; with options where another way is worth a line of its own."""

NOTES = {
    "estimator gigpo_similar": "compares texts one by one",
    "estimator ktae": f"works on {TOKENS_PER_ROW} tokens per row",
    "estimator turn_gae, given values": f"works on {TOKENS_PER_ROW} tokens per row",
    "multiplier probability": f"works on {TOKENS_PER_ROW} tokens per row",
}
"""What looks at more than a few numbers per row."""


def batch(num_rows: int) -> Columns:
    """Episodes of ten steps in groups of eight, every optional column filled; the sixth to eighth of a group branch."""
    rng = np.random.default_rng(0)
    rows = np.arange(num_rows)
    episode = rows // STEPS
    member, group = episode % GROUP_SIZE, episode // GROUP_SIZE
    num_episodes = int(episode[-1]) + 1
    success = rng.random(num_episodes) < 0.4
    anchor = group * STATES + rng.integers(0, STATES, num_rows)
    branches = member >= GROUP_SIZE - 3
    tokens = num_rows * TOKENS_PER_ROW
    return as_columns(
        group=group,
        episode=episode,
        anchor=anchor,
        reward=np.where(rows % STEPS == STEPS - 1, success[episode], 0.0),
        num_tokens=rng.integers(1, 20, num_rows),
        action=rng.integers(0, 8, num_rows),
        branch=np.where(branches, 3, 0),
        origin=np.where(branches, episode - GROUP_SIZE + 3, -1),
        outcome=rng.integers(0, 4, num_episodes)[episode],
        success=success[episode],
        variant=member % 2,
        texts=tuple(f"page {number}" for number in (anchor % STATES).tolist()),
        parts={"progress": rng.random(num_rows), "judge": rng.random(num_rows)},
        value=rng.random(num_rows),
        tokens=TokenColumns(
            row=np.repeat(rows, TOKENS_PER_ROW),
            id=rng.integers(0, VOCABULARY, tokens),
            logprob=-rng.random(tokens),
            value=rng.random(tokens),
        ),
    )


def works(columns: Columns) -> dict[str, Callable[[], object]]:
    """What is measured."""
    found: dict[str, Callable[[], object]] = {}
    for title, (name, options) in CASES.items():
        found[title] = partial(ESTIMATORS.build(name, options).advantages, columns)
    for name in EDITORS:
        found[f"editor {name}"] = partial(EDITORS.build(name).edit, columns, iteration=0)
    for name in MULTIPLIERS:
        found[f"multiplier {name}"] = partial(MULTIPLIERS.build(name).scale, columns)
    return found


def measure(num_rows: int, rounds: int) -> dict[str, list[float]]:
    """Seconds of each round, in turn, after one that is not counted."""
    todo = works(batch(num_rows))
    seconds: dict[str, list[float]] = {title: [] for title in todo}
    for number in range(rounds + 1):
        for title, work in todo.items():
            started = time.process_time()
            work()
            if number:
                seconds[title].append(time.process_time() - started)
    return seconds


def measure_loops(num_rows: int) -> dict[str, float]:
    """Seconds of one round of the plain loops."""
    rows = Rows(batch(num_rows))
    seconds: dict[str, float] = {}
    for title, loop in LOOPS.items():
        started = time.process_time()
        loop(rows)
        seconds[title] = time.process_time() - started
    return seconds


def table(seconds: Mapping[str, list[float]], num_rows: int, loops: Mapping[str, float]) -> str:
    """The numbers as text, the slowest first."""
    width = max(len(title) for title in seconds)
    lines = [f"seconds for {num_rows:,} rows (median), budget {BUDGET_S:g} s for {NUM_ROWS:,}; a plain loop"]
    for title, one in sorted(seconds.items(), key=lambda item: -median(item[1])):
        note = NOTES.get(title, "")
        held = median(one) * NUM_ROWS / num_rows <= BUDGET_S
        loop = f"{loops[title]:7.2f}" if title in loops else " " * 7
        lines.append(f"{title:<{width}}  {median(one):7.3f}  {'ok' if held else 'OVER':<4}  {loop}  {note}".rstrip())
    return "\n".join(lines)


def main(argv: list[str]) -> int:
    """Run the command; 1 when one is over the budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.advantages", description=__doc__)
    parser.add_argument("--rows", type=int, default=NUM_ROWS, help="rows of the batch")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    args = parser.parse_args(argv)
    result: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.advantages", *argv]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(REPOSITORY),
        "machine": machine.describe(),
        "num_rows": args.rows,
        "num_rounds": args.rounds,
    }
    seconds = measure(args.rows, args.rounds)
    result["seconds"] = {title: [round(one, 4) for one in each] for title, each in seconds.items()}
    loops = measure_loops(args.rows)
    result["loop_seconds"] = {title: round(one, 3) for title, one in loops.items()}
    out = REPOSITORY / args.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\n{machine.heading(result)}\n\n{table(seconds, args.rows, loops)}\n\nsaved as {args.out}")
    scale = NUM_ROWS / args.rows
    return int(any(median(one) * scale > BUDGET_S for one in seconds.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
