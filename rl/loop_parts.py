"""What the loop of RL is given beside the policy: an optimiser, a reference, a critic."""

from __future__ import annotations

from typing import Any

import torch

from clickwright.rl.critic import Critic, width_of
from clickwright.rl.models import frozen_copy
from clickwright.rl.recipe import Train
from clickwright.rl.workspace import Workspace


def make_optimizer(model: torch.nn.Module, section: Train) -> torch.optim.Optimizer:
    """AdamW as the recipe asks."""
    return torch.optim.AdamW(model.parameters(), lr=section.lr, betas=section.betas, weight_decay=section.weight_decay)


def critic_for(work: Workspace, section: Train) -> Critic | None:
    """A value network, when the recipe asks for one."""
    if section.critic is None:
        return None
    return Critic(section.critic, width=width_of(work.model), seed=work.recipe.seed, micro_tokens=section.micro_tokens)


def reference_for(work: Workspace) -> Any:
    """A frozen copy of the weights as they are, when the loss wants one."""
    return frozen_copy(work.model) if work.recipe.train_loss().needs_reference else None
