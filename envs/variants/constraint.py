"""A task with a rule to keep, such as ``Do not press "Submit" twice``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clickwright.envs.actions import Action
from clickwright.envs.surface import Surface, View
from clickwright.envs.task import Goal, Score, Task
from clickwright.envs.variants.base import Variant
from clickwright.envs.variants.rehearsal import rehearse
from clickwright.envs.variants.rules import Rule, RuleKind, rules_for

CONSTRAINT = "constraint"


class Constraint(Variant):
    """The task's own goal and, after it, one rule that the oracle keeps; success is both.

    The parts of the score tell them apart: ``solved`` is the task's own success, ``violations`` how often the rule was
    broken. An answer that is no action never reaches the task, so no rule counts it.

    Source: reference entry 1.51, MathIF: constraints that a program checks, composed onto tasks; there of texts, here
    of actions.

    Args:
        task: What the rule is put on.
        rule: Which rule; drawn for each episode from those that are true of it when ``None``.
    """

    def __init__(self, task: Task[Any], rule: RuleKind | None = None) -> None:
        super().__init__(task, CONSTRAINT if rule is None else f"{CONSTRAINT}:{rule}")
        self._kind = rule
        self._rule = Rule(kind=RuleKind.AT_MOST)
        self._counted = 0

    def setup(self, surface: Surface, seed: int, rng: np.random.Generator) -> Goal:
        """Play the episode once, draw a rule of it, and begin.

        Raises:
            ConfigError: The episode has no rule of the kind.
        """
        found = rules_for(rehearse(self.task, surface, seed))
        draws = self.draws(seed)
        kind = self._kind or list(found)[int(draws.integers(len(found)))]
        if kind not in found:
            raise self.none_here(seed, "nothing in it could be the subject of such a rule")
        self._rule = rule = found[kind][int(draws.integers(len(found[kind])))]
        self._counted = 0
        self.own_goal = goal = self.task.setup(surface, seed, rng)
        text = f"{goal.text} {rule.text}"
        self.task.restate(surface, text)
        return replace(goal, text=text, params={**goal.params, "rule": rule.as_json()})

    def judge(self, before: View, view: View, action: Action) -> Score:
        """The task's own judgement, and whether the rule was kept up to here."""
        own = self.task.judge(before, view, action)
        done = not view.error or self._rule.kind is RuleKind.AT_MOST
        self._counted += done and self._rule.counts(action, before.elements)
        violations = max(self._counted - self._rule.limit, 0)
        success = own.success and not violations
        parts = {"solved": float(own.success), "violations": float(violations), "success": float(success)}
        reward = min(own.reward, 0.0) if violations else own.reward
        return replace(own, reward=reward, success=success, parts={**own.parts, **parts})

    def restate(self, surface: Surface, text: str) -> None:
        """As the task does."""
        self.task.restate(surface, text)
