"""Dynamic sampling: a batch of groups that all teach something.

Groups whose members all came out alike are dropped, and as many others are rolled out, on tasks and seeds that the
run's sampler chooses, until the batch is full or ``max_tries`` batches were rolled out. What is short then stays short:
copies of the groups that were kept would only count them twice.

Source: Yu et al., DAPO (arXiv 2503.14476), section 3.2; the bound on the tries as in verl-agent ``filter_group_data``
and SkyRL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from clickwright.rl import registry
from clickwright.rl.advantages import Group
from clickwright.rl.group_editors.base import GROUP_EDITORS, Situation
from clickwright.rl.moment import Memory


@GROUP_EDITORS.register("dynamic_sampling")
class DynamicSampling(Memory):
    """Rolls groups out until enough of them differ, or too many tries were made."""

    class Options(registry.Options):
        """Settings of ``dynamic_sampling``.

        Attributes:
            max_tries: Batches rolled out in an iteration at most, the first one included.
        """

        max_tries: Annotated[int, Field(ge=2)] = 10

    def __init__(self, options: Options) -> None:
        self.options = options
        self._metrics: dict[str, float] = {}

    def edit(self, groups: Sequence[Group], situation: Situation) -> list[Group]:
        """The groups that differ, with as many more as were missing and could be found."""
        wanted = situation.moment.num_groups
        kept = [group for group in groups if group.differs]
        tries, rolled_out, asked, found = 1, len(groups), wanted, len(kept)
        while len(kept) < wanted and tries < self.options.max_tries:
            asked = wanted - len(kept)
            more = situation.roll_out(situation.plan(asked))
            good = [group for group in more if group.differs]
            kept += good
            tries, rolled_out, found = tries + 1, rolled_out + len(more), len(good)
        if tries > 1:
            situation.say(
                f"dynamic sampling: {len(kept)} of {wanted} groups differ after {tries} of at most "
                f"{self.options.max_tries} tries; the last try kept {found} of {asked}"
            )
        self._metrics = {
            "dynamic_sampling/tries": float(tries),
            "dynamic_sampling/rolled_out": float(rolled_out),
            "dynamic_sampling/dropped": float(rolled_out - len(kept)),
            "dynamic_sampling/last_try_kept": found / asked,
            "dynamic_sampling/short": float(max(wanted - len(kept), 0)),
        }
        return kept

    def metrics(self) -> dict[str, float]:
        """Tries, groups rolled out and dropped, the share of the last try that was kept, and how many are missing."""
        return self._metrics
