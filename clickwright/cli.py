"""The ``clickwright`` command: a thin skin, every subcommand is one call into the rooms."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import metadata
from typing import Any

from clickwright import cli_commands as commands
from clickwright import cli_eval, cli_exchange, cli_learn, cli_replay, cli_upkeep, cli_view
from clickwright.errors import ClickwrightError

USER_ERROR = 2
INTERRUPTED = 130

Subparsers = Any
"""What ``add_subparsers`` returns; argparse keeps its type private."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    A mistake of the user's is one message on stderr and status 2; ``--traceback`` shows where it was found. Status 1 is
    a command that worked and has bad news.
    """
    args = build_parser().parse_args(argv)
    try:
        status = int(args.run(args))
        sys.stdout.flush()
        return status
    except ClickwrightError as error:
        if args.traceback:
            raise
        sys.stderr.write(f"clickwright {args.command}: {error}\n")
        return USER_ERROR
    except BrokenPipeError:
        # The reader went away (`| head`): keep the interpreter from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return INTERRUPTED


def build_parser() -> argparse.ArgumentParser:
    """Every subcommand and its options."""
    parser = argparse.ArgumentParser(
        prog="clickwright",
        description="A gym for agents that act on pages, and the trainer that makes them better.",
        epilog="To start: clickwright doctor, then clickwright train quickstart",
    )
    parser.add_argument("--version", action="version", version=f"clickwright {version()}")
    parser.add_argument("--traceback", action="store_true", help="show where an error was found")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for add in (
        _train, _compare, _eval, _profile, _algorithms, _pretrain, _run, _traj, _view, _envs, _miniwob, _check_env,
        _doctor,
    ):  # fmt: skip
        add(subparsers)
    return parser


def version() -> str:
    """The installed version; a source tree that was never installed has none."""
    try:
        return metadata.version("clickwright")
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _command(subparsers: Subparsers, name: str, handler: Callable[[Any], int], about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subparsers.add_parser(name, help=about, description=about)
    parser.set_defaults(run=handler)
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


def _settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting, e.g. train.lr=1e-4",
    )


def _train(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "train", commands.train, "Train as a recipe says.")
    parser.add_argument("recipe", help="name of a recipe that comes with the package, or path of a TOML file")
    parser.add_argument("--run", dest="run_dir", metavar="DIR", help="where it is written (default: runs/<recipe>)")
    parser.add_argument("--seed", type=int, help="the recipe's seed")
    _settings(parser)
    parser.add_argument(
        "--resume",
        nargs="?",
        const=True,
        default=False,
        metavar="CHECKPOINT",
        help="go on from the run's last checkpoint, or from the one of that name",
    )


def _compare(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "compare", commands.compare, "Train recipes over several seeds; print one table.")
    parser.add_argument("recipes", nargs="+", metavar="RECIPE", help="names or paths")
    parser.add_argument("--seeds", type=_positive, default=3, metavar="N", help="seeds per recipe (default: 3)")
    parser.add_argument("--run", dest="run_dir", metavar="DIR", help="where it is written (default: runs/compare)")
    _settings(parser)


def _eval(subparsers: Subparsers) -> None:
    cli_eval.add_eval(subparsers, _command)


def _profile(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "profile", commands.profile, "Measure how often a policy solves each task.")
    parser.add_argument("recipe", help="name of a recipe that comes with the package, or path of a TOML file")
    parser.add_argument("--model", metavar="DIR", help="folder of a model or of a finished run (default: the recipe's)")
    parser.add_argument("--tries", type=_positive, default=16, metavar="N", help="tries per task (default: 16)")
    parser.add_argument("--out", metavar="FILE", help="the pass rates (default: pass_rates.json beside the tries)")
    parser.add_argument(
        "--run", dest="run_dir", metavar="DIR", help="where the tries go (default: runs/<recipe>-profile)"
    )
    _settings(parser)


def _algorithms(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "algorithms", commands.algorithms, "List what a recipe can learn with.")
    parser.add_argument("--kind", help="only these, e.g. estimator or loss")


def _pretrain(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "pretrain", commands.pretrain, "Rebuild the base reader that the package ships.")
    parser.add_argument("--out", metavar="DIR", help="folder to replace (default: the package's own)")
    parser.add_argument(
        "--steps", type=_positive, metavar="N", help="optimiser steps (default: those of the shipped one)"
    )
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="root of every random stream (default: 0)")
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N", help="PyTorch threads (default: PyTorch's choice)"
    )


def _run(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "run", commands.run, "Let an agent act in an environment.")
    parser.add_argument("env_id", metavar="ENV_ID", help="e.g. clickwright/miniwob.login-user-v0")
    parser.add_argument("--agent", default="oracle", help="oracle (default), random, or the folder of a model or a run")
    parser.add_argument("--episodes", type=_positive, default=1, metavar="N", help="how many (default: 1)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="seed of the first (default: 0)")
    parser.add_argument("--split", choices=("train", "eval"), default="train", help="which seeds (default: train)")
    parser.add_argument("--digests", action="store_true", help="print the digest of every state")
    parser.add_argument("--record", metavar="DIR", help="keep the episodes as a run, for `clickwright traj`")


def _traj(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("traj", help="Look at recorded episodes.", description="Look at recorded episodes.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    ls = _command(actions, "ls", commands.traj_ls, "List the episodes of runs.")
    ls.add_argument("runs", nargs="+", metavar="RUN", help="folder of a run")
    ls.add_argument("--task", help="only this task")
    ls.add_argument("--split", help="only this split: train, eval or demo")
    ls.add_argument("--status", help="only episodes that ended so: terminated, truncated or fault")
    outcome = ls.add_mutually_exclusive_group()
    outcome.add_argument("--success", action="store_const", const=True, default=None, help="only if the goal was met")
    outcome.add_argument("--failure", action="store_const", const=False, dest="success", help="only if it was not")
    ls.add_argument("--order", choices=("oldest", "newest", "best", "worst", "longest"), default="newest")
    ls.add_argument("--limit", type=_positive, default=30, metavar="N", help="how many of each run (default: 30)")
    show = _command(actions, "show", commands.traj_show, "Show one episode as text, or as a page with its frames.")
    show.add_argument("run_path", metavar="RUN", help="folder of a run")
    show.add_argument("episode", metavar="EPISODE", help="its id, the beginning of it, or its number in `traj ls`")
    show.add_argument("--html", metavar="FILE", help="write a page that any browser opens")
    stats = _command(actions, "stats", commands.traj_stats, "Success, length, faults and time by task.")
    stats.add_argument("runs", nargs="+", metavar="RUN", help="folder of a run")
    cli_upkeep.add(actions)
    cli_replay.add(actions)
    cli_exchange.add(actions)
    cli_view.add_annotations(actions, _command)
    cli_learn.add_score(actions, _command)


def _view(subparsers: Subparsers) -> None:
    cli_view.add_view(subparsers, _command)


def _envs(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "envs", commands.envs, "List the environments.")
    parser.add_argument("--family", help="only this one, e.g. miniwob")


def _miniwob(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser("miniwob", help="About MiniWoB++.", description="About MiniWoB++.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    oracles = _command(actions, "oracles", commands.miniwob_oracles, "Which tasks have an oracle; does it succeed?")
    oracles.add_argument("--audit", type=_positive, metavar="N", help="run every oracle on N seeds")
    oracles.add_argument("--task", action="append", default=[], metavar="NAME", help="only this one (may be repeated)")
    oracles.add_argument("--split", choices=("train", "eval"), default="train", help="which seeds (default: train)")
    audit = _command(actions, "audit", commands.miniwob_audit, "What do the tasks pay to policies without sense?")
    audit.add_argument("--tries", type=_positive, default=20, metavar="N", help="episodes of each policy (default: 20)")
    audit.add_argument("--task", action="append", default=[], metavar="NAME", help="only this one (may be repeated)")
    audit.add_argument("--out", metavar="FILE", help="write the page there")


def _check_env(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "check-env", commands.check_env, "Run the conformance suite over environments.")
    parser.add_argument("env_ids", nargs="*", metavar="ENV_ID", help="an id; `module:id` imports the module first")
    parser.add_argument("--all", action="store_true", help="every registered id")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--twice", action="store_true", help="instead: same digests and pixels in two processes?")
    instead.add_argument("--replay", action="store_true", help="instead: record, replay elsewhere, score every level")
    parser.add_argument(
        "--seeds", type=_positive, metavar="N", help="with --replay: episodes of each agent (default: 2)"
    )
    parser.add_argument("--out", metavar="FILE", help="with --replay: write the page there")


def _doctor(subparsers: Subparsers) -> None:
    parser = _command(subparsers, "doctor", commands.doctor, "What this machine has, what it lacks, how to mend it.")
    parser.add_argument("--browser", action="store_true", help="only look for a browser")
    parser.add_argument("--json", action="store_true", help="print JSON")
