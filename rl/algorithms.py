"""Every algorithm that a recipe can name, with one line and a source each; the page ``docs/algorithms.md``.

``python -m clickwright.rl.algorithms docs/algorithms.md`` writes the page.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clickwright.rl.advantages import EDITORS, ESTIMATORS, MULTIPLIERS
from clickwright.rl.group_editors import GROUP_EDITORS
from clickwright.rl.guides import GUIDES
from clickwright.rl.losses import LOSSES, PREFERENCE_LOSSES
from clickwright.rl.losses.kl import DISTANCES
from clickwright.rl.losses.mismatch import CORRECTIONS
from clickwright.rl.registry import Entry, Registry, described
from clickwright.rl.rewards import FORMS, SCORERS
from clickwright.rl.samplers import SAMPLERS

REGISTRIES: tuple[Registry[Any], ...] = (
    SAMPLERS, GUIDES, GROUP_EDITORS, SCORERS, FORMS, EDITORS, ESTIMATORS, MULTIPLIERS, LOSSES, PREFERENCE_LOSSES,
)  # fmt: skip
"""What recipes name in tables of their own. A new registry is one entry here, and a line in ``WHERE``."""

FUNCTIONS: Mapping[str, Mapping[str, Callable[..., Any]]] = {"correction": CORRECTIONS, "kl": DISTANCES}
"""What is named inside the options of a loss, by kind."""

WHERE: Mapping[str, str] = {
    "sampler": "`train.sampler`: chooses the tasks and seeds of the next groups.",
    "guide": "`train.guides`: changes how the members of a group act.",
    "group editor": "`train.group_editors`: changes which episodes are learnt from.",
    "scorer": "`train.rewards.scorer`: scores steps or episodes; `clickwright traj score` asks the same ones.",
    "reward form": "`train.rewards.form`, `offline.rewards.form`: what is done with the values of a reward term.",
    "estimator": "`train.algorithm`: turns rewards into one advantage per step, or per token.",
    "editor": "`train.editors`: changes rewards before they are credited.",
    "multiplier": "`train.multipliers`: scales advantages after that.",
    "loss": "`train.loss`, and `warm_start.loss` for sft: turns advantages, or scores, into a gradient.",
    "preference loss": "`preferences.loss`: turns pairs of answers into a gradient.",
    "correction": "`train.loss.mismatch`: weighs tokens by what sampler and trainer disagree by.",
    "kl": "`train.loss.kl`: how the distance to the reference policy is estimated, where `kl_coef` is above 0.",
}


def entries() -> list[Entry]:
    """All of them: kinds in the order of ``WHERE``, names in alphabetical order."""
    known = {registry.kind: [registry.entry(name) for name in registry] for registry in REGISTRIES}
    for kind, functions in FUNCTIONS.items():
        known[kind] = [_function(kind, name, function) for name, function in sorted(functions.items())]
    return [entry for kind in WHERE for entry in known[kind]]


def _function(kind: str, name: str, function: Callable[..., Any]) -> Entry:
    page = inspect.getdoc(function) or ""
    return described(kind, name, about=page.split("\n\n")[0], page=page)


def listing(kind: str | None = None) -> str:
    """A plain table for the terminal; of one kind, or of all."""
    lines: list[str] = []
    for wanted in WHERE if kind is None else (kind,):
        chosen = [entry for entry in entries() if entry.kind == wanted]
        width = max((len(entry.name) for entry in chosen), default=0)
        lines += ["", f"{wanted}: {WHERE[wanted].replace('`', '')}"]
        for entry in chosen:
            lines.append(f"  {entry.name:<{width}}  {entry.about}")
            lines.append(f"  {'':<{width}}    {entry.source}")
    return "\n".join(lines[1:])


def page() -> str:
    """The whole page, as Markdown."""
    lines = [
        "# Algorithms",
        "",
        "Everything a recipe can name to learn with. `clickwright algorithms` prints the same list. Each is one file",
        "in `rl/advantages/` or `rl/losses/` with its formula in the docstring; `CONTRIBUTING.md` shows how to add",
        "one.",
        "",
        "```toml",
        "[train]",
        'algorithm = { name = "gigpo", gamma = 0.95 }',
        'multipliers = [{ name = "difficulty" }]',
        'loss = { name = "gspo", mismatch = "tis", kl_coef = 0.01, kl = "k2" }',
        "```",
        "",
        "A name that nothing has is answered with the nearest; an option that nothing reads is refused; so are parts",
        "that make no sense together (`rl/combinations.py`), each with the reason: a loss that reads scores beside an",
        "estimator, `dr_grpo` without a constant length, `opo` with several optimiser steps on one batch, `spo` where",
        "no episode ever branches.",
        "",
        "*Unchecked* says what of a formula was taken from memory, from a summary, or made here, rather than from the",
        "paper or its code. This page is made by asking the registries; a test fails when it is out of date. To write",
        "it anew:",
        "",
        "```",
        "python -m clickwright.rl.algorithms docs/algorithms.md",
        "```",
    ]
    for kind, where in WHERE.items():
        lines += ["", f"## {kind.capitalize() if kind != 'kl' else 'KL'}", "", where, ""]
        lines += ["| name | what it does | source | unchecked |", "| --- | --- | --- | --- |"]
        for entry in entries():
            if entry.kind == kind:
                cells = (entry.about, entry.source, entry.unchecked)
                lines.append(f"| `{entry.name}` | " + " | ".join(_cell(cell) for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("``", "`").replace("|", "\\|") or "-"


def main(arguments: Sequence[str]) -> int:
    """Write the page to the path given, or to standard output."""
    if arguments:
        Path(arguments[0]).write_text(page(), "utf-8")
    else:
        sys.stdout.write(page())
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
