"""``clickwright eval``: its options, and the call that it is."""

from __future__ import annotations

import sys
from argparse import Namespace
from typing import Any

from clickwright.cli_commands import OK, import_from_here, say
from clickwright.cli_learn import Command
from clickwright.errors import ConfigError, require

ABOUT = "Evaluate agents on held-out seeds and tasks, with intervals; compare two on the same episodes."


def add_eval(subparsers: Any, command: Command) -> None:
    """Options of ``clickwright eval``."""
    parser = command(subparsers, "eval", evaluate, ABOUT)
    parser.add_argument(
        "models", nargs="+", metavar="MODEL", help="a run, the folder of a model, oracle or random; a second to compare"
    )
    parser.add_argument("--recipe", help="whose tasks and settings to take (default: those of MODEL's own run)")
    parser.add_argument("--tasks", nargs="+", default=[], metavar="ENV_ID", help="these tasks instead of the recipe's")
    parser.add_argument(
        "--held-out-tasks", nargs="+", default=[], metavar="ENV_ID", help="and these, which no model was trained on"
    )
    parser.add_argument("--episodes", type=int, metavar="N", help="seeds per task (default: the recipe's, or 40)")
    parser.add_argument("--first-seed", type=int, metavar="N", help="the first of them (default: the recipe's, or 0)")
    parser.add_argument("--tries", type=int, default=1, metavar="K", help="tries at each seed (default: 1)")
    parser.add_argument(
        "--pass-at", metavar="K,K", default="", help="estimate pass@k for these (default: 1, 2, 4 ... up to the tries)"
    )
    parser.add_argument(
        "--temperature", type=float, metavar="T", help="of the models (default: 0 for one try, 1 for several)"
    )
    parser.add_argument(
        "--variants", metavar="NAME,NAME", default="", help="also: infeasible, constraint, or constraint:RULE"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="root of sampling and bootstraps (default: 0)")
    parser.add_argument("--envs", type=int, default=16, metavar="N", help="environments kept warm (default: 16)")
    parser.add_argument(
        "--frames", type=int, default=2, metavar="N", help="episodes a task that keep frames (default: 2)"
    )
    parser.add_argument("--out", metavar="DIR", help="where it is written (default: runs/eval)")


def evaluate(args: Namespace) -> int:
    """``clickwright eval``."""
    require("torch", extra="train")
    from clickwright.rl.exams.command import evaluate_agents

    for env_id in (*args.tasks, *args.held_out_tasks):
        import_from_here(env_id)
    evaluate_agents(
        args.models,
        recipe=args.recipe,
        tasks=args.tasks,
        held_out_tasks=args.held_out_tasks,
        episodes=args.episodes,
        tries=args.tries,
        pass_at=_numbers(args.pass_at),
        first_seed=args.first_seed,
        temperature=args.temperature,
        variants=[name.strip() for name in args.variants.split(",") if name.strip()],
        seed=args.seed,
        num_envs=args.envs,
        frames=args.frames,
        out=args.out,
        say=None if sys.stdout.isatty() else say,
    )
    return OK


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise ConfigError(f"--pass-at {text!r}: whole numbers with commas between them, such as 1,4,16") from None
