"""What each subcommand calls: arguments in, one call into a room, its result written out, an exit status."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from pathlib import Path

from clickwright.errors import ConfigError, UnknownNameError, require

OK, BAD_NEWS = 0, 1


def say(text: str = "") -> None:
    """Write one line to standard output at once, so that a reader behind a pipe sees it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def settings(pairs: list[str]) -> dict[str, str]:
    """``["rl.lr=1e-3"]`` as ``{"rl.lr": "1e-3"}``.

    Raises:
        ConfigError: A pair has no ``=``.
    """
    wrong = [pair for pair in pairs if "=" not in pair]
    if wrong:
        raise ConfigError(f"--set {wrong[0]!r} is not KEY=VALUE: write e.g. --set seed=1")
    return {key.strip(): value.strip() for key, _, value in (pair.partition("=") for pair in pairs)}


def train(args: Namespace) -> int:
    """``clickwright train``."""
    require("torch", extra="train")
    from clickwright.rl import commands

    commands.train(
        args.recipe,
        run_dir=args.run_dir,
        seed=args.seed,
        overrides=settings(args.settings),
        resume=args.resume,
        say=say,
    )
    return OK


def algorithms(args: Namespace) -> int:
    """``clickwright algorithms``."""
    require("torch", extra="train")
    from clickwright.rl.algorithms import WHERE, listing

    if args.kind is not None and args.kind not in WHERE:
        raise UnknownNameError("kind of algorithm", args.kind, allowed=WHERE)
    say(listing(args.kind))
    return OK


def compare(args: Namespace) -> int:
    """``clickwright compare``."""
    require("torch", extra="train")
    from clickwright.rl import commands

    commands.compare(
        args.recipes,
        list(range(args.seeds)),
        run_dir=args.run_dir,
        overrides=settings(args.settings),
        say=say,
    )
    return OK


def profile(args: Namespace) -> int:
    """``clickwright profile``."""
    require("torch", extra="train")
    from clickwright.rl import commands

    commands.profile(
        args.recipe,
        model=args.model,
        tries=args.tries,
        out=args.out,
        run_dir=args.run_dir,
        overrides=settings(args.settings),
        say=say,
    )
    return OK


def pretrain(args: Namespace) -> int:
    """``clickwright pretrain``."""
    require("torch", extra="train")
    from clickwright.agents.tiny import BASE_DIR
    from clickwright.rl.pretrain.command import pretrain_base
    from clickwright.rl.pretrain.curriculum import Curriculum

    steps = {} if args.steps is None else {"num_steps": args.steps}
    out = Path(args.out or BASE_DIR)
    pretrain_base(out, plan=Curriculum(seed=args.seed, **steps), threads=args.threads, say=say)
    say(f"wrote {out}")
    return OK


def doctor(args: Namespace) -> int:
    """``clickwright doctor``: 1 when something that is needed is missing."""
    from clickwright import doctor as house

    findings = house.examine(browser_only=args.browser)
    say(json.dumps(house.as_json(findings), indent=2) if args.json else house.as_text(findings))
    return OK if house.usable(findings) else BAD_NEWS


def envs(args: Namespace) -> int:
    """``clickwright envs``."""
    from clickwright.envs.registration import list_envs

    found = list_envs()
    families = {env.family for env in found}
    if args.family is not None and args.family not in families:
        raise UnknownNameError("family", args.family, allowed=families)
    chosen = [env for env in found if args.family in (None, env.family)]
    width = max(len(env.id) for env in chosen)
    for env in chosen:
        oracle = "oracle" if env.oracle else ""
        say(f"{env.id:<{width}}  {env.profile:<8} {env.max_steps:>3} steps  {oracle}".rstrip())
    return OK


def traj_ls(args: Namespace) -> int:
    """``clickwright traj ls``."""
    from clickwright.trajectories import commands

    for run in args.runs:
        say(
            commands.ls(
                run,
                task=args.task,
                split=args.split,
                status=args.status,
                success=args.success,
                order=args.order,
                limit=args.limit,
            )
        )
    return OK


def traj_show(args: Namespace) -> int:
    """``clickwright traj show``."""
    from clickwright.trajectories import commands

    say(commands.show(args.run_path, args.episode, html=args.html))
    return OK


def traj_stats(args: Namespace) -> int:
    """``clickwright traj stats``."""
    from clickwright.trajectories import commands

    for run in args.runs:
        say(commands.stats(run))
    return OK


def check_env(args: Namespace) -> int:
    """``clickwright check-env``: 1 when an environment breaks a promise."""
    from clickwright.envs.conformance import check
    from clickwright.envs.lookup import find_id
    from clickwright.envs.registration import list_envs

    ids = [env.id for env in list_envs()] if args.all else args.env_ids
    if not ids:
        raise ConfigError("no environment to check: name an id, or say --all")
    if not args.replay and (args.out or args.seeds):
        raise ConfigError("--out and --seeds are read with --replay only")
    if args.twice:
        return _twice([find_id(env_id) for env_id in ids])
    if args.replay:
        return _replayed([find_id(env_id) for env_id in ids], seeds=args.seeds, out=args.out)
    num_broken = 0
    for env_id in ids:
        import_from_here(env_id)
        report = check(find_id(env_id))
        say(str(report))
        num_broken += not report.ok
    if len(ids) > 1:
        say(f"{len(ids) - num_broken} of {len(ids)} environments keep every promise")
    return BAD_NEWS if num_broken else OK


def _twice(ids: list[str]) -> int:
    from clickwright.envs.fingerprint import differences

    found = differences(ids)
    for difference in found:
        say(f"{difference.env_id}  {difference.reason}")
    say(f"{len(ids) - len(found)} of {len(ids)} environments do the same in two processes, to the last pixel")
    return BAD_NEWS if found else OK


def _replayed(ids: list[str], *, seeds: int | None, out: str | None) -> int:
    from tempfile import TemporaryDirectory

    from clickwright.agents import determinism

    seeds = seeds or determinism.NUM_SEEDS
    with TemporaryDirectory(prefix="clickwright-determinism-") as folder:
        run = Path(folder)
        scores = determinism.determinism(ids, run, seeds=seeds)
        made = determinism.made_with(run)
    if out:
        Path(out).write_text(determinism.page(scores, seeds=seeds, made=made), encoding="utf-8")
        say(f"wrote {out}")
    for score in scores:
        for line in score.odd:
            say(line)
    num_perfect = sum(score.perfect for score in scores)
    say(f"{num_perfect} of {len(scores)} environments are the same at every level when they are replayed")
    return OK if num_perfect == len(scores) else BAD_NEWS


def import_from_here(env_id: str) -> None:
    """Let the ``module`` of ``module:id`` be a file of the current folder, as it is for ``python -m``."""
    if ":" in env_id and "" not in sys.path:
        sys.path.insert(0, "")


def run(args: Namespace) -> int:
    """``clickwright run``: one line per episode, then how many met their goal."""
    from clickwright.agents.rollouts import rollouts

    import_from_here(args.env_id)
    num_success = num_faults = 0
    found = rollouts(
        args.env_id, args.agent, episodes=args.episodes, seed=args.seed, split=args.split, record=args.record
    )
    for episode in found:
        num_success += episode.success
        num_faults += episode.fault is not None
        how = "fault" if episode.fault else "success" if episode.success else "failure"
        say(f"seed {episode.seed}: {how}, {len(episode.steps)} steps, score {episode.score:.2f}")
        if args.digests:
            for step in episode.steps:
                say(f"  {step.t:>3} {step.state_digest[:16]} {step.raw}")
            say(f"  end {episode.final.get('state_digest', '')[:16]}")
    say(f"success {num_success}/{args.episodes}" + (f", faults {num_faults}" if num_faults else ""))
    return OK


def miniwob_oracles(args: Namespace) -> int:
    """``clickwright miniwob oracles``: with ``--audit``, 1 when an oracle failed."""
    from clickwright.envs.web.miniwob import audit
    from clickwright.envs.web.miniwob.catalog import TASK_NAMES, make_task

    names = args.task or TASK_NAMES
    if args.audit:
        rows = []
        for name in names:
            rows += audit.oracle_report([name], tries=args.audit, split=args.split)
            say(audit.table(rows[-1:]).splitlines()[0])
        say(audit.table(rows).splitlines()[-1])
        return OK if all(row.solved for row in rows if row.has_oracle) else BAD_NEWS
    without = [name for name in names if not make_task(name).has_oracle()]
    say(f"{len(names) - len(without)} of {len(names)} tasks have an oracle")
    if without:
        say("without one:")
        for name in without:
            say(f"  {name}")
    return OK


def miniwob_audit(args: Namespace) -> int:
    """``clickwright miniwob audit``: 1 when a trivial policy solves more of a task than is declared."""
    from clickwright.envs.web.miniwob import leaks

    found = []
    for leak in leaks.audit(args.task or None, tries=args.tries):
        found.append(leak)
        worst = leak.worst
        verdict = "" if leak.ok else f"  over its bound of {100 * leak.bound:.0f} %"
        say(f"{leak.task:<29} {worst.policy} solves {worst.successes}/{worst.tries}{verdict}")
    if args.out:
        Path(args.out).write_text(leaks.page(found, tries=args.tries), encoding="utf-8")
        say(f"wrote {args.out}")
    num_over = sum(not leak.ok for leak in found)
    say(f"{len(found) - num_over} of {len(found)} tasks pay no trivial policy more than is declared")
    return BAD_NEWS if num_over else OK
