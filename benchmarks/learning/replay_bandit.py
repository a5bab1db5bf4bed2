"""``python -m benchmarks.learning.replay_bandit``: replay with and without correction where the best policy is known.

One decision, some arms, each pays 1 with a probability of its own. The policy is a softmax over one logit per arm, and
everything around it is the trainer's own: group advantages, the success buffer and its trigger, what is put into a
group, the correction of older rows, the PPO loss and the optimiser step.

All seeds are trained side by side as rows of one table of logits. They do not touch: each row gets its gradient from
its own episodes, the learning rate undoes the batch's normaliser, and no gradient is clipped. A seed draws the same
numbers under every variant.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks import machine
from benchmarks.rounds import REPOSITORY
from clickwright.rl.advantages import ESTIMATORS, Group, columns
from clickwright.rl.batching import Row
from clickwright.rl.comparison import interval
from clickwright.rl.loop import rows_of
from clickwright.rl.losses import LOSSES
from clickwright.rl.off_policy import corrected
from clickwright.rl.reading import UpdatePlan
from clickwright.rl.replay import SuccessBuffer, Worth, all_failed, worth
from clickwright.rl.replay_sections import OffPolicy
from clickwright.rl.replay_slots import Slot, put_in
from clickwright.rl.streams import stream
from clickwright.rl.update import update
from clickwright.trajectories.records import Episode, Status, Step

RESULT = Path("benchmarks/learning/replay_bandit.json")
VARIANTS = {
    "no replay": None,
    "none": OffPolicy(),
    "truncated": OffPolicy(correction="truncated"),
    "truncated at 1": OffPolicy(correction="truncated", cap=1.0),
    "mask": OffPolicy(correction="mask"),
}
"""Without replay, and with it under each correction; a cap of 1 shows how much is owed to weights above 1."""
MEMBERS = 8
STEP = 0.05
"""How far one row moves its logits, per unit of advantage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bandit:
    """Arms and what they pay.

    Attributes:
        about: What makes it hard.
        pays: Probability of a reward of 1, by arm.
    """

    about: str
    pays: tuple[float, ...]


BANDITS = {
    "sparse": Bandit(about="one arm of 64 pays, always", pays=(1.0, *(0.0,) * 63)),
    "luck": Bandit(about="the best of 16 arms pays 0.15, the others 0.05", pays=(0.15, *(0.05,) * 15)),
    "rare": Bandit(about="the best of 16 arms pays 0.04, the others 0.01", pays=(0.04, *(0.01,) * 15)),
}


class Table(torch.nn.Module):
    """A policy whose state is a row number: ``[num_rows, num_arms]`` logits, asked as a language model is."""

    def __init__(self, num_rows: int, num_arms: int) -> None:
        super().__init__()
        self.logits = torch.nn.Parameter(torch.zeros(num_rows, num_arms))

    def forward(self, *, input_ids: torch.Tensor, use_cache: bool, logits_to_keep: torch.Tensor) -> Any:
        """Logits of the next token at the columns that are kept."""
        return SimpleNamespace(logits=self.logits[input_ids[:, logits_to_keep]])


def main(argv: Sequence[str]) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.learning.replay_bandit", description=__doc__)
    parser.add_argument("--seeds", type=int, default=24, metavar="N", help="training seeds (24)")
    parser.add_argument("--iterations", type=int, default=200, metavar="N", help="updates (200)")
    parser.add_argument("--max-age", type=int, default=0, metavar="N", help="age bound of the buffer (none)")
    parser.add_argument("--out", type=Path, default=RESULT, help=f"result file ({RESULT})")
    args = parser.parse_args(argv)
    on, started = machine.describe(), time.perf_counter()
    torch.set_num_threads(1)
    result: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "benchmarks.learning.replay_bandit", *argv]),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": machine.commit(REPOSITORY),
        "machine": on,
        "seeds": f"0 to {args.seeds - 1}",
        "settings": {"iterations": args.iterations, "group": MEMBERS, "step": STEP, "max_age": args.max_age},
        "bandits": {},
    }
    for name, bandit in BANDITS.items():
        curves = {
            variant: trained(bandit, variant, seeds=args.seeds, iterations=args.iterations, max_age=args.max_age)
            for variant in VARIANTS
        }
        result["bandits"][name] = {"about": bandit.about, "optimum": max(bandit.pays), **summary(curves)}
    result["minutes"] = round((time.perf_counter() - started) / 60, 1)
    args.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    for name, found in result["bandits"].items():
        print(f"{name}: {found['about']} (optimum {found['optimum']})")
        for row, one in found["summary"].items():
            print(f"  {row:<34} {one['mean']:.4f} ± {one['half_width_95']:.4f}")
    return 0


def trained(bandit: Bandit, variant: str, *, seeds: int, iterations: int, max_age: int = 0) -> np.ndarray:
    """Expected reward of the policy before every iteration and after the last, ``[iterations + 1, seeds]``."""
    pays = np.asarray(bandit.pays)
    policy = Table(seeds, len(pays))
    optimizer = torch.optim.SGD(policy.parameters(), lr=1.0)
    estimator, loss = ESTIMATORS.build("grpo"), LOSSES.build("ppo")
    plan = UpdatePlan(max_grad_norm=math.inf, micro_tokens=100_000)
    section = VARIANTS[variant]
    buffers = [SuccessBuffer(max_age=max_age) for _ in range(seeds)]
    streams = [stream(seed, "replay_bandit") for seed in range(seeds)]
    kept: dict[str, Episode] = {}
    curve = []
    for iteration in range(iterations):
        logprobs = policy.logits.detach().log_softmax(-1).numpy()
        curve.append(np.exp(logprobs) @ pays)
        groups = [
            rolled_out(logprobs[seed], pays, streams[seed], seed=seed, iteration=iteration) for seed in range(seeds)
        ]
        learnt = groups
        if section is not None:
            learnt = [replayed(group, buffers[group.seed], kept, iteration=iteration) for group in groups]
        useful = [group for group in learnt if len(set(group.scores)) > 1]
        rows: list[Row] = rows_of(useful, estimator.advantages(columns(useful)), version=iteration) if useful else []
        if rows:
            rows, _ = corrected(policy, rows, loss, section=section or OffPolicy(), plan=plan)
            optimizer.param_groups[0]["lr"] = STEP * len(rows)
            update(policy, optimizer, rows, loss, plan=plan, rng=np.random.default_rng(iteration))
    curve.append(policy.logits.detach().softmax(-1).numpy() @ pays)
    return np.asarray(curve)


def rolled_out(logprobs: np.ndarray, pays: np.ndarray, rng: np.random.Generator, *, seed: int, iteration: int) -> Group:
    """One group: every member pulls an arm."""
    draws, luck = rng.random(MEMBERS), rng.random(MEMBERS)
    edges = np.exp(logprobs).cumsum()
    arms = np.minimum(np.searchsorted(edges, draws * edges[-1], side="right"), len(pays) - 1)
    members = [
        pull(f"{seed}-{iteration}-{place}", int(arm), float(luck[place] < pays[arm]), float(logprobs[arm]),
             seed=seed, iteration=iteration)
        for place, arm in enumerate(arms)
    ]  # fmt: skip
    return Group(id=f"{seed}-{iteration}", task="bandit", seed=seed, episodes=tuple(members))


def pull(name: str, arm: int, reward: float, logprob: float, *, seed: int, iteration: int) -> Episode:
    """An episode of one step. Each pull begins in a state of its own: paying twice is no repetition here."""
    step = Step(
        t=0, state_key=name, prompt_ids=(seed,), completion_ids=(arm,), logprobs=(logprob,), finish_reason="stop",
        policy_version=iteration, reward=reward,
    )  # fmt: skip
    return Episode(
        id=name, env_id="bandit", task="bandit", seed=seed, goal="", status=Status.TERMINATED, success=reward > 0,
        iteration=iteration, steps=(step,),
    )  # fmt: skip


def replayed(group: Group, buffer: SuccessBuffer, kept: dict[str, Episode], *, iteration: int) -> Group:
    """What ``arpo_replay`` does, with episodes kept in memory instead of a store."""
    buffer.expire(iteration)
    result = group
    if all_failed([worth(one, Worth.EVAL) for one in group.episodes]):
        rng = stream(group.seed, "arpo_replay", iteration)
        found = [kept[one.episode_id] for one in buffer.candidates(group, rng)[:1]]
        result = put_in(group, found, Slot.FIRST, rng) if found else group
    for one in group.episodes:
        if one.success:
            kept[one.id] = one
        buffer.offer(group.task, one, worth(one, Worth.EVAL))
    return result


def summary(curves: dict[str, np.ndarray]) -> dict[str, Any]:
    """Means over the seeds with half widths of 95 % intervals; differences are taken seed by seed."""
    final = {name: curve[-1] for name, curve in curves.items()}
    over_time = {name: curve.mean(axis=0) for name, curve in curves.items()}
    rows = {f"{name}, at the end": values for name, values in final.items()}
    rows |= {f"{name}, mean over training": values for name, values in over_time.items()}
    pairs = [("none", "no replay"), ("truncated", "no replay")]
    pairs += [(name, "none") for name in ("truncated", "truncated at 1", "mask")]
    for left, right in pairs:
        rows[f"{left} - {right}, at the end"] = final[left] - final[right]
        rows[f"{left} - {right}, mean over training"] = over_time[left] - over_time[right]
    told = {}
    for name, values in rows.items():
        mean, half = interval(values.tolist())
        told[name] = {"mean": round(mean, 4), "half_width_95": round(half, 4)}
    every = max(1, (len(next(iter(curves.values()))) - 1) // 20)
    shown = {name: curve[::every].mean(axis=1).round(4).tolist() for name, curve in curves.items()}
    per_seed = {name: values.round(4).tolist() for name, values in final.items()}
    return {"summary": told, "final_by_seed": per_seed, "mean_curve": {"every": every, **shown}}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
