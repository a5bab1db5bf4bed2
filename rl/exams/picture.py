"""An evaluation as a picture: sections with their intervals, pass@k, and success or difference by task."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from clickwright.errors import require
from clickwright.rl.evaluate import short_name
from clickwright.rl.exams.report import Report
from clickwright.rl.statistics import Estimate

COLOURS = ("tab:blue", "tab:orange")
"""Of the first agent and of the second."""


def draw_report(path: Path, report: Report) -> Path:
    """Draw a report.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    require("matplotlib", extra="train")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    num_tasks = len({task for model in report.models for one in model.sections.values() for task in one.tasks})
    with_passes = len(report.plan.ks) > 1
    figure = Figure(figsize=(13 if with_passes else 10, max(4.0, 1.6 + 0.28 * num_tasks)), layout="constrained")
    FigureCanvasAgg(figure)
    panels = list(figure.subplots(1, 3 if with_passes else 2))
    _sections(panels[0], report)
    if with_passes:
        _passes(panels[1], report)
    _tasks(panels[-1], report)
    figure.suptitle(" and ".join(model.label for model in report.models))
    figure.savefig(path, dpi=110)
    return path


def _sections(axes: Any, report: Report) -> None:
    names = list(report.models[0].sections)
    rows = [(name, "success") for name in names]
    rows += [(name, "solved") for name in names if name.startswith("constraint")]
    rows += [(name, "kept") for name in names if name.startswith("constraint")]
    rows += [(name, "refused") for name in names if not name.startswith("constraint")]
    height = 0.8 / len(report.models)
    for number, model in enumerate(report.models):
        values = [getattr(model.sections[name], what) for name, what in rows]
        places = [row + (number - (len(report.models) - 1) / 2) * height for row in range(len(rows))]
        axes.barh(
            places,
            [value.mean for value in values],
            height=height,
            color=COLOURS[number],
            label=model.label,
            xerr=_whiskers(values),
            error_kw={"elinewidth": 1, "capsize": 2},
        )
    labels = [name if what == "success" else f"{name}: {what}" for name, what in rows]
    axes.set(title="share of episodes, 95 % intervals", xlim=(0, 1.02), yticks=range(len(rows)), yticklabels=labels)
    axes.invert_yaxis()
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.08), fontsize=8, frameon=False)


def _passes(axes: Any, report: Report) -> None:
    axes.set(title="pass@k", xlabel="k", ylim=(-0.02, 1.02), xscale="log")
    styles = ("-", "--", ":", "-.")
    for number, model in enumerate(report.models):
        for place, (name, section) in enumerate(model.sections.items()):
            ks, values = list(section.pass_at), list(section.pass_at.values())
            style = styles[place % len(styles)]
            axes.plot(
                ks,
                [v.mean for v in values],
                style,
                marker="o",
                ms=3,
                color=COLOURS[number],
                label=f"{number + 1}: {name}",
            )
            axes.fill_between(
                ks, [v.low for v in values], [v.high for v in values], color=COLOURS[number], alpha=0.12, linewidth=0
            )
    ks = list(report.plan.ks)
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.minorticks_off()
    axes.legend(fontsize=7, frameon=False)


def _tasks(axes: Any, report: Report) -> None:
    """Of one agent the success of each task, of two the difference."""
    name = next(iter(report.models[0].sections))
    if report.pairs:
        values = dict(report.pairs[name].by_task)
        axes.set(title=f"2 minus 1 by task, {name}", xlim=(-1.02, 1.02))
        axes.axvline(0.0, color="0.5", linewidth=0.8)
    else:
        values = {task: score.success for task, score in report.models[0].sections[name].tasks.items()}
        axes.set(title=f"success by task, {name}", xlim=(0, 1.02))
    colours = [COLOURS[1] if value < 0 else COLOURS[0] for value in values.values()]
    axes.barh(range(len(values)), list(values.values()), height=0.7, color=colours)
    axes.set(yticks=range(len(values)), yticklabels=[short_name(task) for task in values])
    axes.tick_params(axis="y", labelsize=7)
    axes.invert_yaxis()


def _whiskers(values: list[Estimate]) -> list[list[float]]:
    """How far each interval reaches below and above its mean; nowhere where there is none."""
    below = [0.0 if math.isnan(v.low) else max(v.mean - v.low, 0.0) for v in values]
    above = [0.0 if math.isnan(v.high) else max(v.high - v.mean, 0.0) for v in values]
    return [below, above]
