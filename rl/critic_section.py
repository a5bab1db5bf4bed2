"""The table of a recipe that asks for a critic."""

from __future__ import annotations

from clickwright.rl.sections import Positive, Rate, Section


class CriticSection(Section):
    """A value network beside the policy, for ``turn_gae`` with ``critic = "given"``.

    Attributes:
        hidden_size: Units of its one hidden layer.
        lr: Adam's rate.
        epochs: Passes over an iteration's tokens.
        batch_tokens: Tokens per optimiser step.
    """

    hidden_size: Positive = 64
    lr: Rate = 1e-3
    epochs: Positive = 4
    batch_tokens: Positive = 256
