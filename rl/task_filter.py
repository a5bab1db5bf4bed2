"""The tasks of a recipe that a profile found worth a try: one that is never solved, or always, teaches nothing.

Source: ARPO keeps the tasks its agent solved at least once (dvlab-research/ARPO, the task lists of its scripts).
Unchecked: that it was once in 16 tries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from clickwright.errors import ConfigError
from clickwright.rl.pass_rates import PassRate, read_pass_rates
from clickwright.rl.recipe import Train
from clickwright.rl.replay_sections import TaskFilter


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """What a filter made of the tasks.

    Attributes:
        kept: In the recipe's order.
        dropped: Why each of the others is not among them.
    """

    kept: tuple[str, ...]
    dropped: Mapping[str, str]


def filtered(tasks: Sequence[str], rates: Mapping[str, PassRate], section: TaskFilter) -> Filtered:
    """Choose tasks by their pass rates.

    Example:
        >>> rates = {"a": PassRate(tries=4, successes=0), "b": PassRate(tries=4, successes=1)}
        >>> filtered(["a", "b"], rates, TaskFilter()).kept
        ('b',)

    Args:
        tasks: The recipe's tasks.
        rates: The profile.
        section: What is asked of them.

    Raises:
        ConfigError: The profile lacks a task, or none is left.
    """
    missing = [task for task in tasks if task not in rates]
    if missing:
        raise ConfigError(
            f"train.task_filter: the profile knows nothing of {', '.join(missing)}: profile the recipe with these tasks"
        )
    dropped = {task: why for task in tasks if (why := _why_not(rates[task], section))}
    kept = tuple(task for task in tasks if task not in dropped)
    if not kept:
        reasons = "; ".join(f"{task}: {why}" for task, why in dropped.items())
        raise ConfigError(
            f"train.task_filter leaves no task ({reasons}): profile a stronger policy with --model, take easier tasks, "
            "or ask for less"
        )
    return Filtered(kept=kept, dropped=dropped)


def pass_rates_of(section: Train) -> Mapping[str, PassRate]:
    """What the profile of a training says, by task; nothing without a profile.

    Raises:
        ConfigError: The file is not there.
        DamagedFileError: It is not a profile.
    """
    return read_pass_rates(Path(section.pass_rates)).tasks if section.pass_rates else {}


def tasks_of(
    tasks: Sequence[str], section: Train, *, say: Callable[[str], None] = lambda text: None
) -> tuple[str, ...]:
    """The tasks that RL is done on.

    Args:
        tasks: The recipe's.
        section: Its training.
        say: Told about every task that is dropped.

    Raises:
        ConfigError: See ``pass_rates_of`` and ``filtered``.
    """
    if section.task_filter is None:
        return tuple(tasks)
    found = filtered(tasks, pass_rates_of(section), section.task_filter)
    for task, why in found.dropped.items():
        say(f"task filter: {task} is left out of RL, {why}")
    return found.kept


def _why_not(found: PassRate, section: TaskFilter) -> str:
    count = f"{found.successes} of {found.tries} tries"
    if found.successes < section.min_successes:
        return f"{count}, under min_successes = {section.min_successes}"
    if found.rate < section.min_rate:
        return f"{count}, under min_rate = {section.min_rate}"
    if found.rate > section.max_rate:
        return f"{count}, over max_rate = {section.max_rate}"
    return ""
