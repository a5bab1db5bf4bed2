"""Several runs side by side: means over seeds, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.rl.evaluate import Evaluation, short_name
from clickwright.rl.statistics import interval

STAGES = ("base", "warm", "preferred", "offline", "final")
"""Held-out evaluations in their order; a recipe has those of its stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One finished run.

    Attributes:
        recipe: Its recipe's name.
        seed: Its training seed.
        seconds: Its wall time.
        evaluations: Held-out results by stage.
    """

    recipe: str
    seed: int
    seconds: float
    evaluations: Mapping[str, Evaluation]


class Comparison:
    """Finished runs of some recipes, each with several seeds."""

    def __init__(self, results: Sequence[Result]) -> None:
        self.results = tuple(results)

    @property
    def recipes(self) -> tuple[str, ...]:
        """The recipes, in the order they were run."""
        return tuple(dict.fromkeys(result.recipe for result in self.results))

    def values(self, recipe: str, stage: str, task: str | None = None) -> list[float]:
        """Held-out success of every seed that has the stage: of one task, or the mean over tasks."""
        found = [result.evaluations[stage] for result in self.of(recipe) if stage in result.evaluations]
        return [one.success if task is None else one.tasks[task].success for one in found]

    def lift(self, recipe: str) -> list[float]:
        """Final minus warm start, seed by seed."""
        pairs = [(r.evaluations.get("warm"), r.evaluations.get("final")) for r in self.of(recipe)]
        return [final.success - warm.success for warm, final in pairs if warm is not None and final is not None]

    def of(self, recipe: str) -> list[Result]:
        """The runs of a recipe."""
        return [result for result in self.results if result.recipe == recipe]

    def table(self) -> str:
        """Mean and 95 % interval over seeds, in percent: by stage, and by task for the final weights."""
        columns = [*STAGES, "lift", "minutes"]
        lines = [
            "held-out success, mean over tasks, then mean and 95 % interval over seeds",
            "recipe".ljust(22) + "seeds".rjust(6) + "".join(name.rjust(15) for name in columns),
        ]
        for recipe in self.recipes:
            runs = self.of(recipe)
            cells = [_percent(self.values(recipe, stage)) for stage in STAGES] + [_percent(self.lift(recipe))]
            minutes = sum(run.seconds for run in runs) / len(runs) / 60
            lines.append(
                recipe.ljust(22) + str(len(runs)).rjust(6) + "".join(c.rjust(15) for c in cells) + f"{minutes:15.1f}"
            )
        tasks = list(dict.fromkeys(task for r in self.results for e in r.evaluations.values() for task in e.tasks))
        lines += ["", "final, by task".ljust(28) + "".join(recipe.rjust(22) for recipe in self.recipes)]
        for task in tasks:
            cells = [_percent(self.values(recipe, "final", task)) for recipe in self.recipes]
            lines.append(short_name(task).ljust(28) + "".join(cell.rjust(22) for cell in cells))
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        """Everything the table says, and every run's own numbers."""
        summary: dict[str, Any] = {}
        for recipe in self.recipes:
            stages = {stage: self.values(recipe, stage) for stage in STAGES} | {"lift": self.lift(recipe)}
            summary[recipe] = {name: _summary(values) for name, values in stages.items() if values}
        runs = [
            {
                "recipe": result.recipe,
                "seed": result.seed,
                "seconds": round(result.seconds, 1),
                "evaluations": [one.as_json() for one in result.evaluations.values()],
            }
            for result in self.results
        ]
        return {"summary": summary, "runs": runs}


def _summary(values: Sequence[float]) -> dict[str, Any]:
    mean, half = interval(values)
    return {"mean": mean, "half_width_95": None if math.isnan(half) else half, "values": list(values)}


def _percent(values: Sequence[float]) -> str:
    if not values:
        return "-"
    mean, half = interval(values)
    return f"{100 * mean:.1f}" if math.isnan(half) else f"{100 * mean:.1f} +- {100 * half:.1f}"
