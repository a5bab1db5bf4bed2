"""Tables of a recipe about what is older than the weights, and about tasks that are worth a try."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from clickwright.rl.sections import Count, Section

Ratio = Annotated[float, Field(gt=0.0, allow_inf_nan=False)]
PassShare = Annotated[float, Field(ge=0.0, le=1.0)]


class OffPolicy(Section):
    """What is done with rows that older weights sampled; see ``rl/off_policy.py``.

    Attributes:
        correction: ``none`` trains them as if they had just been sampled; ``truncated`` weighs each token by
            pi_now / pi_then, at most ``cap``; ``mask`` weighs it so within ``low`` and ``high``, and drops it outside.
        cap: Largest weight; only ``truncated`` reads it.
        low: Smallest ratio that counts; only ``mask`` reads it.
        high: Largest ratio that counts; only ``mask`` reads it.
    """

    correction: Literal["none", "truncated", "mask"] = "none"
    cap: Ratio = 2.0
    low: Ratio = 0.5
    high: Ratio = 2.0

    @model_validator(mode="after")
    def _read(self) -> Self:
        readers = {"cap": "truncated", "low": "mask", "high": "mask"}
        for name, reader in readers.items():
            changed = getattr(self, name) != type(self).model_fields[name].default
            if changed and self.correction != reader:
                raise ValueError(f"{name} is read by correction = '{reader}', and it is '{self.correction}'")
        if self.low >= self.high:
            raise ValueError(f"low = {self.low} and high = {self.high} let nothing through: low must be less")
        return self


class TaskFilter(Section):
    """Which of the recipe's tasks RL is done on, by the file that ``train.pass_rates`` names.

    Attributes:
        min_successes: Least successes of the profile's tries.
        min_rate: Least share of them.
        max_rate: Largest share of them.
    """

    min_successes: Count = 1
    min_rate: PassShare = 0.0
    max_rate: PassShare = 1.0

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.min_rate > self.max_rate:
            raise ValueError(f"min_rate = {self.min_rate} is over max_rate = {self.max_rate}")
        return self
