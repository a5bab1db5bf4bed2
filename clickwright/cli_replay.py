"""``clickwright traj replay``: its options, and the call that each of its modes is."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from typing import Any

from clickwright.cli_commands import BAD_NEWS, OK, say
from clickwright.errors import ConfigError, require

MODES = ("verify", "rescore", "policy", "branch")
ONLY_IN = {
    "verify": ("out", "workers"),
    "policy": ("model",),
    "branch": ("at", "agent", "into", "kind"),
}
"""Options that one mode alone reads."""


ABOUT = "Do recorded episodes again and compare; or rescore them, read them with a model, branch off."


def add(actions: Any) -> None:
    """Add the action to ``clickwright traj``; ``actions`` is what ``add_subparsers`` returned."""
    parser: ArgumentParser = actions.add_parser("replay", help=ABOUT, description=ABOUT)
    parser.set_defaults(run=replay)
    parser.add_argument("run_path", metavar="RUN", help="folder of a run")
    parser.add_argument("--mode", choices=MODES, default="verify", help="what to do again (default: verify)")
    parser.add_argument(
        "--episode", action="append", default=[], metavar="ID", help="only this one, by id or number (may be repeated)"
    )
    parser.add_argument("--task", help="only this task")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N episodes, the oldest first")
    parser.add_argument(
        "--import", dest="modules", action="append", default=[], metavar="MODULE", help="registers its environments"
    )
    verify = parser.add_argument_group("verify: do the actions again and compare, level by level")
    verify.add_argument("--workers", type=int, metavar="N", help="processes to replay in (default: 1)")
    verify.add_argument("--out", metavar="DIR", help="report and pictures (default: RUN/replays/<version>)")
    policy = parser.add_argument_group("policy: read the recorded tokens with a model")
    policy.add_argument("--model", metavar="DIR", help="a model (default: what the run kept of each version)")
    branch = parser.add_argument_group("branch: go to a step, let somebody else go on")
    branch.add_argument("--at", type=int, metavar="T", help="the first step that is done otherwise")
    branch.add_argument("--agent", help="oracle, random, person (asks you), or the folder of a model or a run")
    branch.add_argument("--kind", help="whatif (default), correction, retry, arpo or value")
    branch.add_argument("--into", metavar="RUN", help="the run that records it (default: the same one)")


def replay(args: Namespace) -> int:
    """``clickwright traj replay``: 1 when something is not as it was recorded."""
    _refuse_unread(args)
    if args.modules and "" not in sys.path:
        sys.path.insert(0, "")
    for module in args.modules:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            raise ConfigError(f"--import {module}: {error}") from error
    return {"verify": _verify, "rescore": _rescore, "policy": _policy, "branch": _branch}[args.mode](args)


def _refuse_unread(args: Namespace) -> None:
    for mode, names in ONLY_IN.items():
        given = [f"--{name}" for name in names if getattr(args, name) is not None]
        if mode != args.mode and given:
            raise ConfigError(f"{', '.join(given)} is read by --mode {mode} only, and the mode is {args.mode}")
    for name in ("workers", "limit"):
        if getattr(args, name) is not None and getattr(args, name) < 1:
            raise ConfigError(f"--{name} {getattr(args, name)}: at least 1")


def _verify(args: Namespace) -> int:
    from clickwright.trajectories.replay.commands import verify_run

    text, good = verify_run(
        args.run_path, args.episode, task=args.task, limit=args.limit, workers=args.workers or 1, out=args.out
    )
    say(text)
    return OK if good else BAD_NEWS


def _rescore(args: Namespace) -> int:
    from clickwright.trajectories.replay.commands import rescore_run

    text, good = rescore_run(args.run_path, args.episode, task=args.task, limit=args.limit)
    say(text)
    return OK if good else BAD_NEWS


def _policy(args: Namespace) -> int:
    require("torch", extra="train")
    from clickwright.rl.policy_replay import policy_replay
    from clickwright.trajectories.reader import StoreReader
    from clickwright.trajectories.replay.commands import chosen

    with StoreReader(args.run_path) as reader:
        ids = set(chosen(reader, args.episode, task=args.task, limit=args.limit))
    found = policy_replay(args.run_path, episodes=ids, model=args.model)
    say(found.text())
    return OK if found.against or found.agrees else BAD_NEWS


def _branch(args: Namespace) -> int:
    from clickwright.agents.branching import branch
    from clickwright.agents.person import PersonAgent
    from clickwright.agents.rollouts import resolve
    from clickwright.trajectories.commands import find_episode, show
    from clickwright.trajectories.reader import StoreReader
    from clickwright.trajectories.records import BranchKind

    if len(args.episode) != 1 or args.at is None or args.agent is None:
        raise ConfigError("--mode branch needs one --episode, the step --at T, and an --agent that goes on from there")
    kinds = tuple(BranchKind)
    if args.kind is not None and args.kind not in kinds:
        raise ConfigError(f"--kind {args.kind}: one of {', '.join(kinds)}")
    with StoreReader(args.run_path) as reader:
        identity = find_episode(reader, args.episode[0])[1]
    person = args.agent == "person"
    agent = PersonAgent(read=_line, say=say) if person else resolve(args.agent)[0]
    made = branch(
        args.run_path,
        identity,
        args.at,
        agent,
        kind=BranchKind(args.kind or BranchKind.WHATIF),
        into=args.into,
        with_text=person,
    )
    say(show(args.into or Path(args.run_path), made.id))
    return OK


def _line() -> str | None:
    """A line that a person types; ``None`` at the end of the input."""
    sys.stdout.write("> ")
    sys.stdout.flush()
    line = sys.stdin.readline()
    return line.rstrip("\n") if line else None
