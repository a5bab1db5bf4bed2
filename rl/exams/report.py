"""What an evaluation found, as an object and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from clickwright.errors import ConfigError
from clickwright.rl.exams.outcome import Outcome
from clickwright.rl.exams.paired import Pairs, compare_pairs, family_success
from clickwright.rl.exams.plan import NEW_TASKS, PLAIN, Plan
from clickwright.rl.exams.summary import Summary, summarise
from clickwright.rl.statistics import Estimate

FEW_SEEDS = 10
"""Seeds per task under which a report warns of its own intervals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReport:
    """One agent's results.

    Attributes:
        label: What tables call it.
        facts: What it is: folder, codec, prompt settings.
        outcomes: Every episode, by section.
        sections: The sections, summed up.
        family: Share of episodes that were right together with their infeasible twin; ``None`` without such twins.
    """

    label: str
    facts: Mapping[str, Any]
    outcomes: Mapping[str, Sequence[Outcome]]
    sections: Mapping[str, Summary]
    family: Estimate | None = None

    def as_json(self) -> dict[str, Any]:
        """For a file; the episodes are named, so that each number can be traced to those it is of."""
        return {
            **self.facts,
            "sections": {name: section.as_json() for name, section in self.sections.items()},
            "family_success": None if self.family is None else self.family.as_json(),
            "episodes": {name: [one.as_json() for one in own] for name, own in self.outcomes.items()},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole evaluation.

    Attributes:
        plan: What was asked for.
        models: One or two agents.
        pairs: The second against the first, by section; empty for one.
        notes: What a reader of the numbers has to know.
    """

    plan: Plan
    models: tuple[ModelReport, ...]
    pairs: Mapping[str, Pairs] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {
            "settings": self.plan.as_json(),
            "models": [model.as_json() for model in self.models],
            "comparison": {name: pairs.as_json() for name, pairs in self.pairs.items()},
            "notes": list(self.notes),
        }


def model_report(
    label: str, facts: Mapping[str, Any], outcomes: Mapping[str, Sequence[Outcome]], plan: Plan
) -> ModelReport:
    """Sum one agent's episodes up, section by section.

    Raises:
        ConfigError: A section in which nothing counts.
    """
    plain = [one for name in (PLAIN, NEW_TASKS) for one in outcomes.get(name, ())]
    twins = outcomes.get("infeasible")
    return ModelReport(
        label=label,
        facts=facts,
        outcomes=outcomes,
        sections={name: summarise(own, ks=plan.ks, seed=plan.seed) for name, own in outcomes.items()},
        family=None if twins is None else family_success(plain, twins, seed=plan.seed),
    )


def report_of(plan: Plan, models: Sequence[ModelReport], notes: Sequence[str] = ()) -> Report:
    """Put the agents beside each other, and say what the numbers cannot.

    Raises:
        ConfigError: Two agents without a seed that both have tried.
    """
    pairs: dict[str, Pairs] = {}
    if len(models) > 2:
        raise ConfigError(f"{len(models)} agents: a comparison is of two")
    if len(models) == 2:
        first, second = models
        pairs = {
            name: compare_pairs(first.outcomes[name], second.outcomes[name], seed=plan.seed) for name in first.outcomes
        }
    return Report(plan=plan, models=tuple(models), pairs=pairs, notes=(*notes, *_warnings(plan, models)))


def _warnings(plan: Plan, models: Sequence[ModelReport]) -> list[str]:
    found = []
    if plan.num_seeds < FEW_SEEDS:
        found.append(
            f"{plan.num_seeds} seeds per task: a bootstrap of so few is too narrow; {FEW_SEEDS} is little, 40 is usual"
        )
    for name, tasks in (("tasks", plan.tasks), ("held-out tasks", plan.held_out_tasks)):
        if len(tasks) == 1:
            found.append(f"one of {name}: its intervals are about other seeds of it, and not about other tasks")
    codecs = {str(model.facts["codec"]) for model in models if "codec" in model.facts}
    if len(codecs) > 1:
        found.append(f"the models answer in different languages ({', '.join(sorted(codecs))}): tokens do not compare")
    budgets = {model.facts["text_budget"] for model in models if "text_budget" in model.facts}
    if len(budgets) > 1:
        found.append(f"the models read pages of different lengths ({sorted(budgets)} characters), as they were trained")
    faults = sum(section.num_faults for model in models for section in model.sections.values())
    if faults:
        found.append(f"{faults} episodes ended in a fault of our machinery, twice each, and do not count")
    return found
