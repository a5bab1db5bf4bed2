"""The plug-ins of the loop that remember something: a sampler, guides, group editors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clickwright.rl.advantages import Group
from clickwright.rl.group_editors import GroupEditor, Situation
from clickwright.rl.guides import Guide
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.runner import Job
from clickwright.rl.samplers import Sampler


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopPlugins:
    """What stands around rolling out.

    Attributes:
        sampler: Chooses tasks and seeds.
        guides: Change how the members of a group act, in this order.
        group_editors: Change which episodes are learnt from, in this order.
    """

    sampler: Sampler
    guides: Sequence[Guide]
    group_editors: Sequence[GroupEditor]

    def guided(self, jobs: Sequence[Job], plan: GroupPlan, moment: Moment) -> list[Job]:
        """The jobs of a group, changed by every guide."""
        result = list(jobs)
        for guide in self.guides:
            result = guide.guide(result, plan, moment)
        return result

    def edited(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups, changed by every group editor."""
        result = list(groups)
        for editor in self.group_editors:
            result = editor.edit(result, situation)
        return result

    def state(self) -> dict[str, Any]:
        """What a checkpoint must bring back, by plug-in."""
        return {name: plugin.state() for name, plugin in self._all()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Put back what ``state`` gave."""
        for name, plugin in self._all():
            plugin.restore(state.get(name, {}))

    def metrics(self) -> dict[str, float]:
        """Numbers of the last iteration, of all of them."""
        return {key: value for _, plugin in self._all() for key, value in plugin.metrics().items()}

    def _all(self) -> Iterator[tuple[str, Sampler | Guide | GroupEditor]]:
        yield "sampler", self.sampler
        for number, guide in enumerate(self.guides):
            yield f"guide/{number}", guide
        for number, editor in enumerate(self.group_editors):
            yield f"group editor/{number}", editor
