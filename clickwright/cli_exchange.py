"""``clickwright traj export`` and ``import``: their options, and what they borrow of a run's own model."""

from __future__ import annotations

import argparse
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clickwright.cli_commands import OK, say
from clickwright.errors import ConfigError, MissingExtraError

if TYPE_CHECKING:
    from clickwright.trajectories.exports.language import Language
    from clickwright.trajectories.exports.people import People


def add(actions: Any) -> None:
    """Add both commands to ``clickwright traj``."""
    _add_export(actions)
    _add_import(actions)


def _add_export(actions: Any) -> None:
    about = "Write episodes in another format; says what could not be carried."
    parser: argparse.ArgumentParser = actions.add_parser("export", help=about, description=about)
    parser.set_defaults(run=export)
    parser.add_argument("run_path", metavar="RUN", help="folder of a run")
    parser.add_argument("--to", required=True, metavar="FORMAT",
                        help="huggingface, minari, lerobot, atif, openai, sft, dpo, kto or prm")  # fmt: skip
    parser.add_argument("--out", required=True, metavar="DIR", help="folder to make")
    chosen = parser.add_argument_group("which episodes")
    chosen.add_argument("--task", help="only this task")
    chosen.add_argument("--split", help="only this split: train, eval or demo")
    chosen.add_argument("--agent", help="only this agent")
    outcome = chosen.add_mutually_exclusive_group()
    outcome.add_argument("--success", action="store_const", const=True, default=None, help="only if the goal was met")
    outcome.add_argument("--failure", action="store_const", const=False, dest="success", help="only if it was not")
    chosen.add_argument("--min-score", type=float, metavar="X", help="only if the score is at least X")
    chosen.add_argument("--limit", type=int, metavar="N", help="at most N, oldest first")
    steps = parser.add_argument_group("which steps (sft, dpo, kto, prm)")
    steps.add_argument("--advantage-above", type=float, metavar="X", help="only if the advantage is greater than X")
    steps.add_argument("--advantage-layer", default="advantage", metavar="LAYER", help="(default: advantage)")
    steps.add_argument("--label", metavar="LABEL", help="only if people labelled it so, e.g. good")
    more = parser.add_argument_group("how")
    more.add_argument("--annotations", metavar="FILE", help="what people said, a line each (default: the run's labels)")
    more.add_argument("--layer", action="append", default=[], metavar="NAME[@V]", help="carry this layer along")
    more.add_argument("--style", metavar="STYLE", help="rows as text or chat (default: chat where there are screens)")
    more.add_argument("--no-images", action="store_true", help="leave the screens out")
    more.add_argument("--inline", action="store_true", help="screens as data URLs in the text (openai)")
    more.add_argument("--evidence", metavar="KIND", help="what judges a step: human, advantage or success (kto, prm)")
    more.add_argument("--min-gap", type=float, default=0.0, metavar="X", help="least difference of return (dpo)")
    more.add_argument("--dataset-id", metavar="ID", help="name of the data set, e.g. web/clicks-v0 (minari)")
    more.add_argument("--model", metavar="DIR", help="model whose tokenizer reads the prompts (default: the run's)")
    more.add_argument(
        "--history", type=int, metavar="N", help="earlier actions in rebuilt prompts (default: the model's)"
    )


def _add_import(actions: Any) -> None:
    about = "Make a run of what another program recorded; says what could not be carried."
    parser: argparse.ArgumentParser = actions.add_parser("import", help=about, description=about)
    parser.set_defaults(run=import_)
    parser.add_argument("source", metavar="SRC", help="folder or file to read; it is not changed")
    parser.add_argument("run_path", metavar="RUN", help="folder of the run to make")
    parser.add_argument("--from", dest="from_", required=True, metavar="FORMAT",
                        help="agentlab, osworld, atif or minari")  # fmt: skip
    parser.add_argument("--codec", metavar="NAME", help="dialect of its actions (default: the format's own)")
    parser.add_argument("--tasks", metavar="DIR", help="folder of task descriptions (osworld: evaluation_examples)")


def export(args: Namespace) -> int:
    """``clickwright traj export``."""
    from clickwright.trajectories.exports.base import Options
    from clickwright.trajectories.exports.command import export as write
    from clickwright.trajectories.exports.source import Selection

    report = write(
        args.run_path,
        to=args.to,
        out=args.out,
        selection=Selection(
            task=args.task,
            split=args.split,
            agent=args.agent,
            success=args.success,
            min_score=args.min_score,
            limit=args.limit,
            advantage_above=args.advantage_above,
            advantage_layer=args.advantage_layer,
            label=args.label,
        ),
        options=Options(
            style=args.style,
            images=not args.no_images,
            inline=args.inline,
            layers=tuple(args.layer),
            evidence=args.evidence,
            min_gap=args.min_gap,
            dataset_id=args.dataset_id,
        ),
        language=language_of(args.run_path, model=args.model, history=args.history),
        people=_people(args),
    )
    say(report.text())
    say(f"wrote {args.out}")
    return OK


def _people(args: Namespace) -> People:
    """What people said: in the file that is given, else in the run's own book."""
    from clickwright.trajectories.annotations.book import AnnotationBook, book_file
    from clickwright.trajectories.exports.people import People, people_of_annotations, read_annotations

    if args.annotations:
        return read_annotations(Path(args.annotations))
    if not book_file(args.run_path).is_file():
        return People()
    with AnnotationBook(args.run_path) as book:
        return people_of_annotations(book.current())


def import_(args: Namespace) -> int:
    """``clickwright traj import``."""
    from clickwright.trajectories.imports.command import import_run
    from clickwright.trajectories.imports.registry import get_importer

    dialect = args.codec or get_importer(args.from_).dialect
    report = import_run(
        args.source,
        args.run_path,
        from_=args.from_,
        read_actions=_ActionReader(dialect) if dialect else None,
        tasks=args.tasks,
    )
    say(report.text())
    say(f"wrote {args.run_path}; look with  clickwright traj ls {args.run_path}")
    return OK


class _ActionReader:
    """Reads actions in the dialect of a codec; dictionaries of OSWorld's other action space in that one."""

    def __init__(self, codec: str) -> None:
        from clickwright.agents.codecs import get_codec

        self.codec = get_codec(codec)
        self.structured = get_codec("osworld_computer13") if codec.startswith("osworld") else self.codec

    def __call__(self, text: str, size_px: tuple[int, int] | None) -> Sequence[Mapping[str, Any]]:
        from clickwright.agents.codecs.coordinates import ImageSize
        from clickwright.envs.actions import Invalid

        codec = self.structured if text.lstrip().startswith("{") else self.codec
        actions = codec.decode(text, image=None if size_px is None else ImageSize(*size_px)).actions
        if any(isinstance(action, Invalid) for action in actions):
            return ()
        return [action.model_dump(mode="json") for action in actions]


def language_of(run: str | Path, *, model: str | Path | None = None, history: int | None = None) -> Language:
    """How the policy of a run reads and writes, from the model in its folder; what every run has where there is none.

    Args:
        run: Folder of a run.
        model: Folder of another model.
        history: Earlier actions that a rebuilt prompt tells.

    Raises:
        ConfigError: There is no model in the folder that was given.
        MissingExtraError: The folder that was given needs transformers to be read.
    """
    from clickwright.agents.codecs import get_codec
    from clickwright.agents.folder import load_settings, model_folder
    from clickwright.agents.weights import load_tokenizer
    from clickwright.envs.actions import ACTION
    from clickwright.trajectories.exports.language import Language

    try:
        folder = model_folder(run if model is None else model)
        tokenizer = load_tokenizer(folder)
    except (ConfigError, MissingExtraError):
        if model is not None:
            raise
        return Language() if history is None else Language(history=history)
    settings = load_settings(folder)
    codec = get_codec(settings.codec)
    return Language(
        decode=lambda ids: str(tokenizer.decode(list(ids))),
        thought=lambda text: codec.decode(text).thought,
        say=lambda action, thought: codec.encode(ACTION.validate_python(dict(action)), thought),
        history=settings.history if history is None else history,
    )
