"""``python -m benchmarks.learning.draw``: pictures and tables of docs/experiments.md, from the results beside it.

What stands between ``<!-- table: NAME -->`` and ``<!-- end -->`` on the page is replaced; the rest is a person's.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.learning.arms import HERE
from benchmarks.rounds import REPOSITORY
from clickwright.errors import require
from clickwright.rl.statistics import interval

PAGE = REPOSITORY / "docs" / "experiments.md"
IMAGES = REPOSITORY / "docs" / "images"
EXPERIMENTS = ("long_horizon", "opo", "pods", "warm_start", "miniwob_steps")
NUM_POINTS = 40
"""Places at which curves of different runs are averaged."""


def main() -> int:
    """Draw everything there is a result of, and put its tables onto the page."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.is_file() else ""
    for name in EXPERIMENTS:
        path = HERE / f"{name}.json"
        if not path.is_file():
            continue
        result = json.loads(path.read_text(encoding="utf-8"))
        draw(result, IMAGES / f"learning-{name.replace('_', '-')}.svg")
        page = replaced(page, name, table(result))
    if page:
        PAGE.write_text(page, encoding="utf-8")
    return 0


def table(result: Mapping[str, Any]) -> str:
    """Held-out success before and after and training success late on, and differences to the first arm."""
    arms = result["summary"]
    control = next(iter(arms))
    has_passes = any("more" in run for run in result["runs"])
    head = ["arm", "seeds", "before", "after", "RL adds", f"minus {control}", "late in training", f"minus {control}"]
    head += ["pass@1", "pass@8"] if has_passes else []
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    for name, told in arms.items():
        cells = [
            name,
            str(len(told["seeds"])),
            _percent(told["before"]),
            _percent(told["after"]),
            _percent(told["gain"], sign=True),
        ]
        cells += [
            _difference(told, f"minus {control}"),
            _percent(told["late"]),
            _difference(told, f"late minus {control}"),
        ]
        cells += [_pass(result, name, k) for k in ("1", "8")] if has_passes else []
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(result: Mapping[str, Any], path: Path) -> None:
    """Training success over what was spent, held-out success by seed, and pass@k where it was measured."""
    require("matplotlib", extra="train")
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    runs = result["runs"]
    has_passes = any("more" in run for run in runs)
    # Words stay words, and the same results give the same bytes.
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": result["experiment"]}):
        figure = Figure(figsize=(12.5 if has_passes else 9.5, 3.8), layout="constrained")
        FigureCanvasSVG(figure)
        panels = figure.subplots(1, 3 if has_passes else 2)
        arms = list(result["summary"])
        _curves(panels[0], runs, arms)
        _after(panels[1], result["summary"])
        if has_passes:
            _passes(panels[2], runs, arms)
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, metadata={"Date": None})


def _curves(axes: Any, runs: Sequence[Mapping[str, Any]], arms: Sequence[str]) -> None:
    import numpy as np

    axes.set(title="training success, mean over seeds", xlabel="environment steps", ylim=(-0.02, 1.02))
    for number, arm in enumerate(arms):
        curves = [run["curve"] for run in runs if run["arm"] == arm]
        places = np.linspace(max(curve[0][0] for curve in curves), min(curve[-1][0] for curve in curves), NUM_POINTS)
        values = np.array([np.interp(places, [x for x, _ in curve], _smooth(curve)) for curve in curves])
        halves = np.array([interval(column.tolist())[1] for column in values.T])
        colour = f"C{number}"
        axes.plot(places, values.mean(axis=0), color=colour, label=arm, linewidth=1.8)
        if len(curves) > 1:
            mean = values.mean(axis=0)
            axes.fill_between(places, mean - halves, mean + halves, color=colour, alpha=0.12, linewidth=0)
    axes.legend(fontsize=8, frameon=False)


def _after(axes: Any, summary: Mapping[str, Any]) -> None:
    axes.set(title="held-out success: seeds, mean, 95 % interval", ylim=(-0.02, 1.02))
    for number, told in enumerate(summary.values()):
        for shift, stage, colour in ((-0.17, "before", "0.6"), (0.17, "after", f"C{number}")):
            values = told[stage]["values"]
            axes.plot([number + shift] * len(values), values, ".", color=colour, alpha=0.5, markersize=7)
            half = told[stage]["half_width_95"] or 0.0
            axes.errorbar([number + shift + 0.1], [told[stage]["mean"]], yerr=half, fmt="o", color=colour, capsize=3)
    axes.set_xticks(range(len(summary)), [name.replace(" ", "\n", 1) for name in summary], fontsize=8)


def _passes(axes: Any, runs: Sequence[Mapping[str, Any]], arms: Sequence[str]) -> None:
    axes.set(title="pass@k, dashed before RL", xlabel="k", xscale="log", ylim=(-0.02, 1.02))
    for number, arm in enumerate(arms):
        own = [run["more"]["pass_at"] for run in runs if run["arm"] == arm and "more" in run]
        for stage, style in (("before", "--"), ("after", "-")):
            ks = [int(k) for k in own[0][stage]]
            told = [interval([one[stage][str(k)] for one in own]) for k in ks]
            halves = [0.0 if math.isnan(half) else half for _, half in told]
            label = arm if stage == "after" else None
            axes.errorbar(ks, [mean for mean, _ in told], yerr=halves, fmt=f"o{style}", color=f"C{number}", label=label,
                          capsize=2, markersize=4, linewidth=1.2)  # fmt: skip
    axes.set_xticks(ks, [str(k) for k in ks])
    axes.minorticks_off()
    axes.legend(fontsize=8, frameon=False)


def _smooth(curve: Sequence[Sequence[float]], keep: float = 0.6) -> list[float]:
    values: list[float] = []
    for _, value in curve:
        values.append(keep * values[-1] + (1 - keep) * value if values else value)
    return values


def _percent(told: Mapping[str, Any], *, sign: bool = False) -> str:
    mean, half = 100 * told["mean"], told["half_width_95"]
    text = f"{mean:+.1f}" if sign else f"{mean:.1f}"
    return text if half is None else f"{text} ± {100 * half:.1f}"


def _difference(told: Mapping[str, Any], name: str) -> str:
    return _percent(told[name], sign=True) if name in told else ""


def _pass(result: Mapping[str, Any], arm: str, k: str) -> str:
    own = [run["more"]["pass_at"] for run in result["runs"] if run["arm"] == arm and "more" in run]
    before, after = (interval([one[stage][k] for one in own])[0] for stage in ("before", "after"))
    return f"{100 * before:.1f} → {100 * after:.1f}"


def replaced(page: str, name: str, text: str) -> str:
    """A page with another table between the marks of that name."""
    pattern = re.compile(rf"(<!-- table: {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: f"{found[1]}{text}\n{found[2]}", page)


if __name__ == "__main__":
    sys.exit(main())
