"""What samplers that go by the profile of a policy have in common."""

from __future__ import annotations

from clickwright.errors import ConfigError
from clickwright.rl.moment import Moment
from clickwright.rl.samplers.around import layers
from clickwright.rl.samplers.base import Sampler

HOW = "write a profile of this recipe with clickwright profile RECIPE --out FILE and set train.pass_rates = FILE"


def needs_pass_rates(sampler: Sampler) -> bool:
    """Whether a sampler, or one that it is around, cannot plan without a profile."""
    return any(getattr(one, "needs_pass_rates", False) for one in layers(sampler))


def profiled(moment: Moment, who: str) -> dict[str, float]:
    """Pass rate of every task.

    Args:
        moment: Has the profile.
        who: Name of the sampler that asks.

    Raises:
        ConfigError: There is no profile, or it leaves some of the tasks out.
    """
    missing = [task for task in moment.tasks if task not in moment.pass_rates]
    if missing:
        found = f"the profile has {len(moment.pass_rates)} tasks" if moment.pass_rates else "there is no profile"
        raise ConfigError(
            f"sampler {who!r} goes by pass rates, and {found}, without {', '.join(missing[:3])}"
            + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
            + f": {HOW}"
        )
    return {task: moment.pass_rates[task].rate for task in moment.tasks}
