"""GUI-R1's reward of a step: the right action, in the right place, with the right text, in the right form.

    value = accuracy_weight * accuracy + format_weight * format

The formula is in ``rl/rewards/formulas/gui_r1.py``. What is compared is the action that the agent's codec read, and
``format`` is whether it read one; with ``said = "gui_r1"`` the words themselves are read as the paper's agents write.
What would have been right is what successes of the same episode did in this state (``rl/rewards/truth.py``).

Mobile-R1's reward of single steps is ``accuracy_weight = 1``, ``format_weight = 1`` and ``match = "exact"``.

Source: Luo et al., GUI-R1 (arXiv 2504.10458); ritzz-ai/GUI-R1 ``verl/utils/reward_score/r1gui.py``. A right point has a
radius of 140 px there, whatever the size of the image.

Unchecked: Mobile-R1's weights, which were taken from a summary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from clickwright.rl.rewards.formulas.gui_r1 import Match, Truth, accuracy, read_step
from clickwright.rl.rewards.formulas.gui_r1 import Step as GuiStep
from clickwright.rl.rewards.gui_steps import gui_step, right_place
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.rl.rewards.truth import NoTruthError, Teacher, TruthOptions, teacher, told

Pixels = Annotated[int, Field(ge=1)]


class Said(StrEnum):
    """What is read: the action that the codec found, or the words as GUI-R1's agents write them."""

    ACTION = "action"
    GUI_R1 = "gui_r1"


@SCORERS.register("gui_r1")
class GuiR1:
    """Right action, place and text of a step, and the form."""

    class Options(TruthOptions):
        """Settings.

        Attributes:
            accuracy_weight: What the right action is worth.
            format_weight: What the form is worth.
            radius: How near a click must be to the right point, as a share of the image's sides.
            radius_px: The same in pixels, instead; 140 is the release.
            image_px: Width and height of the image that pixels are counted in.
            match: When a text is the right one.
            said: What is read.
        """

        accuracy_weight: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.8
        format_weight: Annotated[float, Field(ge=0.0, allow_inf_nan=False)] = 0.2
        radius: Annotated[float, Field(gt=0.0, le=1.0)] = 0.14
        radius_px: Annotated[float, Field(gt=0.0, allow_inf_nan=False)] | None = None
        image_px: tuple[Pixels, Pixels] | None = None
        match: Match = Match.WORDS
        said: Said = Said.ACTION

        @model_validator(mode="after")
        def _measured(self) -> Self:
            pixels = self.radius_px is not None or self.said is Said.GUI_R1
            if pixels != (self.image_px is not None):
                raise ValueError(
                    "radius_px and said = 'gui_r1' count in pixels, and only they read image_px: give both"
                )
            return self

    name, version = "gui_r1", 1
    scope, about = Scope.STEP, About.ACTION
    needs: frozenset[Need] = frozenset()
    judged, good_from = False, 0.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """The weights, and how places and texts are compared."""
        return self.options.model_dump(mode="json")

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The reward of each step in whose state something was right."""
        with teacher(self.options.demonstrations) as knows:
            return [self._score(subject, knows) for subject in subjects]

    def _score(self, subject: Subject, knows: Teacher) -> Score:
        try:
            truths = right_actions(subject, knows)
        except NoTruthError as error:
            return Score(trouble=str(error))
        options = self.options
        done, in_form = self._read(subject)
        radius, scale = options.radius, (1.0, 1.0)
        if options.radius_px is not None and options.image_px is not None:
            radius, scale = options.radius_px, (float(options.image_px[0]), float(options.image_px[1]))
        right = max(
            0.0 if done is None else accuracy(done, truth, radius=radius, scale=scale, match=options.match)
            for truth in truths
        )
        return Score(
            value=options.accuracy_weight * right + options.format_weight * in_form,
            parts={"accuracy": right, "format": float(in_form)},
        )

    def _read(self, subject: Subject) -> tuple[GuiStep | None, bool]:
        step = subject.step
        if self.options.said is Said.ACTION or self.options.image_px is None:
            return gui_step(step), step.action.get("kind") != "invalid"
        found, in_form = read_step(step.raw)
        if found is None or found.point is None:
            return found, in_form
        (x, y), (width, height) = found.point, self.options.image_px
        return GuiStep(action=found.action, point=(x / width, y / height), text=found.text), in_form


def right_actions(subject: Subject, knows: Teacher) -> list[Truth]:
    """What would have been right in a step.

    Raises:
        NoTruthError: Nobody knows.
    """
    said, step = told(subject.episode).actions, subject.step
    if step.t < len(said):
        right = said[step.t]
        return [Truth(action=right.action, place=right.place, text=right.text)]
    found = []
    for one in knows.steps(subject.episode, step):
        if (done := gui_step(one)) is not None:
            found.append(Truth(action=done.action, place=right_place(one, done), text=done.text))
    if not found:
        raise NoTruthError("what was right here is no action of a GUI")
    return found
