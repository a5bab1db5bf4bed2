"""``python -m benchmarks.trl``: tokens per second of our update and of TRL's GRPOTrainer, on the same model and rows.

Both start from the same weights of a small Qwen2, read the same rows with the same threads, type and budget of padded
tokens per forward pass, minimise the same clipped loss, and take one step of AdamW. Loss and gradient norm are
compared, so that it is the same step. Processor time is what counts (with one thread: what one core takes when it is
left alone); the clock is kept beside it. Systems take turns in every round.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import machine
from benchmarks.peer_venv import python_of
from benchmarks.rounds import REPOSITORY
from benchmarks.trl_rows import TrainedRow, apart, in_common, num_inputs, recorded, turns
from benchmarks.trl_worker import Job

RESULT = Path("benchmarks/results/trl.json")
REQUIREMENTS = ("trl==1.16.0", "torch==2.13.0", "transformers==5.19.0")
VOCABULARY = 1_536
WORKERS = {"ours": "trl_ours", "ours, nothing shared": "trl_ours", "trl": "trl_theirs", "trl, short head": "trl_theirs"}
"""Systems in the order of a round, and the module that serves each."""
SAME = 1e-3
"""How far, relatively, loss and gradient norm may differ between systems."""


class Worker:
    """A process that waits until it is told to measure."""

    def __init__(self, python: Path, module: str, job: Path) -> None:
        self._process = subprocess.Popen(
            [str(python), "-m", f"benchmarks.{module}", str(job)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.versions: dict[str, str] = self._heard()["versions"]

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._process.communicate()

    def ask(self, system: str, workload: str) -> dict[str, float]:
        """One timed update."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"system": system, "workload": workload}) + "\n")
        self._process.stdin.flush()
        return self._heard()

    def _heard(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{"):
                heard: dict[str, Any] = json.loads(line)
                return heard
        self._process.communicate()
        raise RuntimeError(f"{self._process.args} ended with status {self._process.returncode}")


def save_model(folder: Path, *, seed: int = 0) -> None:
    """The shape of our base reader with random weights."""
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(seed)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=320,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=1_024,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=1,
        pad_token_id=0,
    )
    Qwen2ForCausalLM(config).save_pretrained(folder)


def measure(
    workers: Mapping[str, Worker], workloads: Sequence[str], *, rounds: int
) -> dict[str, dict[str, list[dict[str, float]]]]:
    """What each system measured on each workload, by round, after one that is not counted."""
    found: dict[str, dict[str, list[dict[str, float]]]] = {
        workload: {system: [] for system in WORKERS} for workload in workloads
    }
    for number in range(rounds + 1):
        for workload in workloads:
            for system, module in WORKERS.items():
                answer = workers[module].ask(system, workload)
                print(f"round {number}: {workload}, {system}: {answer['cpu_s']:.2f} s", file=sys.stderr)
                if number:
                    found[workload][system].append(answer)
    return found


def check_same(found: Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]) -> None:
    """Raise where systems did not take the same step.

    Raises:
        RuntimeError: Loss or gradient norm differ.
    """
    for workload, systems in found.items():
        for name in ("loss", "grad_norm"):
            values = {system: answers[-1][name] for system, answers in systems.items()}
            if max(values.values()) - min(values.values()) > SAME * max(map(abs, values.values())):
                raise RuntimeError(f"{workload}: systems disagree about the {name}: {values}")


def summary(answers: Mapping[str, Sequence[Mapping[str, float]]], num_tokens: int) -> dict[str, Any]:
    """Tokens per second of each system, and how many times those of TRL ours are, round by round."""

    def ratios(one: str, other: str) -> list[float]:
        pairs = zip(answers[one], answers[other], strict=True)
        return sorted(round(theirs["cpu_s"] / mine["cpu_s"], 3) for mine, theirs in pairs)

    return {
        "tokens_per_s": {
            system: round(num_tokens / median(one["cpu_s"] for one in each)) for system, each in answers.items()
        },
        "times_trl": ratios("ours", "trl"),
        "times_trl_short_head": ratios("ours", "trl, short head"),
        "times_nothing_shared": ratios("ours", "ours, nothing shared"),
    }


def table(result: Mapping[str, Any]) -> str:
    """The numbers as text."""
    lines = []
    for workload, one in result["workloads"].items():
        lines.append(
            f"{workload}: {one['num_rows']} rows, {one['num_tokens']:,} tokens, "
            f"{one['in_common']:.0%} of them in common with another row"
        )
        lines += [f"  {system:<22}{speed:>8,} tokens/s" for system, speed in one["tokens_per_s"].items()]
        for name, title in (
            ("times_trl", "TRL"),
            ("times_trl_short_head", "TRL with a short head"),
            ("times_nothing_shared", "ours with nothing shared"),
        ):
            ratios = one[name]
            lines.append(f"  ours is {median(ratios):.2f}x {title} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
    return "\n".join(lines)


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trl", description=__doc__)
    parser.add_argument("--groups", type=int, default=4, help="groups of eight episodes in a batch (4)")
    parser.add_argument("--rounds", type=int, default=5, help="counted rounds (5)")
    parser.add_argument("--threads", type=int, default=1, help="threads of either trainer (1, as in the quickstart)")
    parser.add_argument("--micro-tokens", type=int, default=4_096, help="padded tokens per forward pass (4096)")
    parser.add_argument("--run", type=Path, help="a run of the base reader, whose last iteration is measured as well")
    parser.add_argument("--python", type=Path, help="interpreter of TRL's environment; made when not given")
    parser.add_argument("--out", type=Path, default=RESULT, help=f"result file ({RESULT})")
    args = parser.parse_args(argv)
    theirs = args.python or python_of("trl", REQUIREMENTS)
    rows = turns(args.groups, vocabulary=VOCABULARY)
    workloads: dict[str, list[TrainedRow]] = {"turns": rows, "apart": apart(rows, vocabulary=VOCABULARY)}
    if args.run:
        workloads = {"recorded": recorded(args.run, vocabulary=VOCABULARY), **workloads}
    told = ["--groups", "--rounds", "--threads", "--micro-tokens"]
    settings = [part for name in told for part in (name, str(getattr(args, name[2:].replace("-", "_"))))]
    result: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.trl", *settings, *(["--run", "RUN"] if args.run else [])]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(REPOSITORY),
        "machine": machine.describe(),
        "num_rounds": args.rounds,
        "threads": args.threads,
        "micro_tokens": args.micro_tokens,
    }
    with TemporaryDirectory() as scratch, ExitStack() as open_workers:
        model, path = Path(scratch) / "model", Path(scratch) / "job.json"
        save_model(model)
        given = {name: [asdict(row) for row in each] for name, each in workloads.items()}
        Job(model=str(model), threads=args.threads, micro_tokens=args.micro_tokens, workloads=given).write(path)
        workers = {
            "trl_ours": open_workers.enter_context(Worker(Path(sys.executable), "trl_ours", path)),
            "trl_theirs": open_workers.enter_context(Worker(theirs, "trl_theirs", path)),
        }
        found = measure(workers, list(workloads), rounds=args.rounds)
        result["versions"] = {module: worker.versions for module, worker in workers.items()}
    check_same(found)
    result["workloads"] = {
        name: {
            "num_rows": len(each),
            "num_tokens": num_inputs(each),
            "in_common": round(in_common(each), 3),
            **summary(found[name], num_inputs(each)),
            "rounds": found[name],
        }
        for name, each in workloads.items()
    }
    out = REPOSITORY / args.out
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(f"\n{machine.heading(result)}\n\n{table(result)}\n\nsaved as {args.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
