"""An evaluation as text for a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from clickwright.rl.evaluate import short_name
from clickwright.rl.exams.paired import Pairs
from clickwright.rl.exams.report import Report
from clickwright.rl.exams.summary import Summary
from clickwright.rl.statistics import Estimate

LABEL = 26
"""Characters of an agent's name; a longer one keeps its end, where folders differ."""


def table(report: Report) -> str:
    """The whole report: sections, tasks, comparison, notes."""
    lines: list[str] = []
    for name in report.models[0].sections:
        lines += _section(report, name)
    lines += _tasks(report)
    if report.pairs:
        lines += _pairs(report)
    if report.notes:
        lines += ["", *(f"note: {note}" for note in report.notes)]
    return "\n".join(lines).strip("\n")


def _section(report: Report, name: str) -> list[str]:
    first = report.models[0].sections[name]
    head = ["success, 95 %", *_extra_heads(report, name), "steps/succ", "tokens/succ", "valid", "refuses", "thoughts"]
    about = f"{name}: {len(first.tasks)} tasks, {first.num_episodes} episodes, {report.plan.num_tries} per seed"
    rows = []
    for model in report.models:
        one = model.sections[name]
        extra = [estimate(value) for k, value in one.pass_at.items() if k > 1]
        if name == "infeasible" and model.family is not None:
            extra.append(estimate(model.family))
        if name.startswith("constraint"):
            extra += [estimate(one.solved), estimate(one.kept)]
        rows.append([model.label, estimate(one.success), *extra, *_costs(one)])
    return ["", about, *_aligned(["", *head], rows)]


def _extra_heads(report: Report, name: str) -> list[str]:
    heads = [f"pass@{k}" for k in report.plan.ks if k > 1]
    if name == "infeasible":
        heads.append("and its twin")
    if name.startswith("constraint"):
        heads += ["solved", "rule kept"]
    return heads


def _costs(one: Summary) -> list[str]:
    return [
        "-" if one.steps_per_success is None else f"{one.steps_per_success:.1f}",
        "-" if not one.tokens_per_success else f"{one.tokens_per_success:.0f}",
        f"{100 * one.valid_share:.1f} %",
        f"{100 * one.refused.mean:.1f} %",
        "-" if one.consistency is None else f"{100 * one.consistency:.1f} %",
    ]


def _tasks(report: Report) -> list[str]:
    sections = list(report.models[0].sections)
    heads = [f"{number}: {name}" for name in sections for number, _ in enumerate(report.models, start=1)]
    tasks = dict.fromkeys(task for model in report.models for one in model.sections.values() for task in one.tasks)
    rows = []
    for task in tasks:
        cells = []
        for name in sections:
            for model in report.models:
                found = model.sections[name].tasks.get(task)
                cells.append("-" if found is None or not found.num_episodes else f"{100 * found.success:.0f} %")
        rows.append([short_name(task), *cells])
    return ["", "success by task", *_aligned(["", *heads], rows)]


def _pairs(report: Report) -> list[str]:
    first, second = (_label(model.label) for model in report.models)
    rows = [[name, *_pair_cells(pairs)] for name, pairs in report.pairs.items()]
    head = ["", "difference, 95 %", "p", "pairs", "better", "worse", "only 1", "only 2"]
    return ["", f"2 ({second}) minus 1 ({first}), on the same seeds", *_aligned(head, rows)]


def _pair_cells(pairs: Pairs) -> list[str]:
    return [
        estimate(pairs.difference),
        f"{pairs.p_value:.4f}" if pairs.p_value >= 1e-4 else f"{pairs.p_value:.0e}",
        *map(str, (pairs.num_pairs, pairs.num_better, pairs.num_worse, pairs.only_first, pairs.only_second)),
    ]


def estimate(value: Estimate) -> str:
    """A share and its interval, in percent.

    Example:
        >>> estimate(Estimate(mean=0.5, low=0.25, high=0.75)), estimate(Estimate(mean=1.0, low=math.nan, high=math.nan))
        ('50.0 [25.0, 75.0]', '100.0')
    """
    mean = f"{100 * value.mean:.1f}"
    return mean if math.isnan(value.low) else f"{mean} [{100 * value.low:.1f}, {100 * value.high:.1f}]"


def _label(text: str) -> str:
    return text if len(text) <= LABEL else f"...{text[3 - LABEL :]}"


def _aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    cells = [list(head), *([_label(row[0]), *row[1:]] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]
