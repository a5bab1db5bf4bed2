"""Progress by state: how near to the goal the successful tries of the group were when they stood there.

    d(s)   = least number of steps from s to the end, over the group's successes through s
    Phi(s) = 1 - d(s) / max over states of d

0 at the farthest state a success came from, towards 1 before the last step. A state that no success went through has
no progress to tell, and says so. Made for ``form = "potential"``.

Source: this project; the distance to the goal as a potential is the example of Ng, Harada, Russell (1999), section 4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clickwright.rl.registry import Options as PluginOptions
from clickwright.rl.rewards.scorers.base import SCORERS, About, Need, Scope, Score, Subject
from clickwright.trajectories.records import Episode


@SCORERS.register("progress")
class Progress:
    """How far along the way to success a state is."""

    class Options(PluginOptions):
        """None."""

    name, version = "progress", 1
    scope, about = Scope.STEP, About.STATE
    needs = frozenset({Need.GROUP})
    judged, good_from = False, 0.0
    codecs: frozenset[str] = frozenset()

    def __init__(self, options: Options) -> None:
        self.options = options

    def settings(self) -> Mapping[str, Any]:
        """Nothing."""
        return {}

    def score(self, subjects: Sequence[Subject]) -> list[Score]:
        """The progress of each step's state."""
        known: dict[tuple[str, ...], dict[str, float]] = {}
        scores = []
        for subject in subjects:
            names = tuple(episode.id for episode in subject.group)
            if names not in known:
                known[names] = progress(subject.group)
            key = subject.step.state_key
            if key in known[names]:
                scores.append(Score(value=known[names][key]))
            else:
                scores.append(Score(trouble="no success went through this state" if key else "the state has no key"))
        return scores


def progress(group: Sequence[Episode]) -> dict[str, float]:
    """Progress of the states that the successes of a group went through."""
    steps_left: dict[str, int] = {}
    for episode in group:
        if not episode.success:
            continue
        for place, step in enumerate(episode.steps):
            if step.state_key:
                left = len(episode.steps) - place
                steps_left[step.state_key] = min(left, steps_left.get(step.state_key, left))
    farthest = max(steps_left.values(), default=1)
    return {key: 1.0 - left / farthest for key, left in steps_left.items()}
