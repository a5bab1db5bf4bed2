"""ToolRL's reward of a step: the form of the answer, and how many of the right calls, parameters and values it has.

    value = R_format + R_correct (+ R_length)

The formula and its switches are in ``rl/rewards/formulas/toolrl.py``. The right answer is what successes of the same
episode did in this state, as the ``toolrl`` codec writes it; every action is a call there (``rl/rewards/truth.py``).
Bounds that move with training go by the iteration that collected the episode.

Source: Qian et al., ToolRL (arXiv 2504.13958); qiancheng0/ToolRL ``verl/utils/reward_score/rlla.py``, which pairs calls
greedily: ``pairing = "greedy"``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from clickwright.agents.codecs.toolrl import ToolRLCodec
from clickwright.envs.actions import ACTION
from clickwright.errors import CannotExpressError
from clickwright.rl.rewards.formulas.toolrl import Rules, Terms, reward
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, teacher, told
from clickwright.trajectories.records import Step

_CODEC = ToolRLCodec()


@SCORERS.register("toolrl")
class ToolRL:
    """Form and calls of a step against the right ones."""

    class Options(TruthOptions, Rules):
        """The switches of the formula, and where the right answer comes from."""

    name, version = "toolrl", 1
    scope, about = Scope.STEP, About.ACTION
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.0
    codecs = frozenset({"toolrl"})

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """The switches."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The reward of each step in whose state something was right."""
        with teacher(self.options.demonstrations) as knows:
            return [self._score(subject, knows) for subject in subjects]

    def _score(self, subject: Subject, knows: Teacher) -> Score:
        step, iteration = subject.step, subject.episode.iteration
        try:
            truths = right_responses(subject, knows)
            found = [reward(step.raw, truth, self.options, iteration=iteration) for truth in truths]
        except (NoTruthError, ValueError) as error:
            return Score(trouble=str(error))
        best = max(found, key=lambda terms: terms.total)
        return Score(value=best.total, parts=dict(zip(Terms._fields, best, strict=True)))


def right_responses(subject: Subject, knows: Teacher) -> list[str]:
    """What would have been the right thing to say in a step.

    Raises:
        NoTruthError: Nobody knows.
    """
    said, step = told(subject.episode).responses, subject.step
    if step.t < len(said):
        return [said[step.t]]
    found = [text for one in knows.steps(subject.episode, step) if (text := _written(one))]
    if not found:
        raise NoTruthError("what was right here cannot be said as a call")
    return list(dict.fromkeys(found))


def _written(step: Step) -> str:
    try:
        return _CODEC.encode(ACTION.validate_python(dict(step.action)), "so")
    except (ValidationError, CannotExpressError):
        return ""
