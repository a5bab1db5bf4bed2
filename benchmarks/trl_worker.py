"""What every worker of ``benchmarks.trl`` is told and answers; runs in TRL's environment too.

A worker is ``python -m benchmarks.<worker> job.json``. It says ``{"versions": ...}`` when it is ready, then answers
each line of its standard input, ``{"system": ..., "workload": ...}``, by one timed update from the job's weights, and
ends when there are no more lines.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all workers have in common.

    Attributes:
        model: Folder of the weights that every update starts from.
        threads: Threads of one process.
        micro_tokens: Padded tokens of one forward pass.
        lr: Of AdamW.
        clip: How far the ratio may move from 1, both ways.
        max_grad_norm: Longest gradient.
        workloads: Rows by workload, each with ``prompt_ids``, ``completion_ids``, ``old_logprobs``, ``advantage``.
    """

    model: str
    threads: int
    micro_tokens: int
    lr: float = 1e-4
    clip: float = 0.2
    max_grad_norm: float = 1.0
    workloads: Mapping[str, list[dict[str, Any]]]

    def write(self, path: Path) -> None:
        """Keep it where workers find it."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def from_argv(cls) -> Job:
        """Read the job this process was started with."""
        return cls(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))


def timed(work: Callable[[], Mapping[str, float]]) -> dict[str, float]:
    """What a piece of work measured, with the seconds it took: on the clock, and of the processor."""
    wall, processor = time.perf_counter(), time.process_time()
    found = work()
    return {**found, "wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - processor}


def serve(versions: Mapping[str, str], answer: Callable[[str, str], Mapping[str, Any]]) -> None:
    """Answer one system and workload after the other."""
    print(json.dumps({"versions": versions}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(answer(asked["system"], asked["workload"])), flush=True)
