"""A small critic: what the policy's last layer makes of a text, to what is still earned from there.

    V(token) = w2 . tanh(W1 h + b1) + b2,   h = last hidden state before the token, standardised, without a gradient
    fit:  (V - R_k)^2 over the tokens of turn k,   R_k = r_k + gamma_turn * R_{k+1}

A value is given before it is fitted to what came of it, so that no value has seen its own return.

Source: Wang et al., RAGEN (arXiv 2504.20073), whose critic is a second language model; a head on the policy's own
features is as in Ziegler et al. (arXiv 1909.08593), section 2.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch.nn.functional import mse_loss

from clickwright.rl.advantages.base import Advantages
from clickwright.rl.advantages.columns import Columns, Floats, Group, given
from clickwright.rl.advantages.pipeline import Pipeline
from clickwright.rl.advantages.reinforce_pp import trained_returns
from clickwright.rl.advantages.turn_gae import TurnGae
from clickwright.rl.batching import Row, micro_batches
from clickwright.rl.critic_section import CriticSection
from clickwright.rl.streams import number

PREFIX = "critic."


class Critic:
    """A network with one hidden layer, kept beside the policy.

    Args:
        section: Its settings.
        width: Features of the policy's last layer.
        seed: Draws its first weights, and the order it reads in.
        micro_tokens: Padded tokens that the policy reads in one pass.
    """

    def __init__(self, section: CriticSection, *, width: int, seed: int, micro_tokens: int = 4_096) -> None:
        self.section, self.seed, self.micro_tokens = section, seed, micro_tokens
        generator = torch.Generator().manual_seed(number(seed, "critic"))
        self.net = torch.nn.Sequential(
            torch.nn.LayerNorm(width, elementwise_affine=False),
            torch.nn.Linear(width, section.hidden_size),
            torch.nn.Tanh(),
            torch.nn.Linear(section.hidden_size, 1),
        )
        with torch.no_grad():
            for layer in (self.net[1], self.net[3]):
                assert isinstance(layer, torch.nn.Linear)
                torch.nn.init.xavier_uniform_(layer.weight, generator=generator)
                torch.nn.init.zeros_(layer.bias)
            # The first values are 0, which is no worse than no baseline.
            self.net[3].weight.zero_()  # type: ignore[operator]
        self.optimizer = torch.optim.Adam(self.net.parameters(), lr=section.lr)

    def credit(
        self, columns: Columns, groups: Sequence[Group], pipeline: Pipeline, *, model: torch.nn.Module, iteration: int
    ) -> Advantages:
        """Give values, let the estimator credit by them, and learn from what came of them.

        Args:
            columns: The groups, laid out.
            groups: The groups.
            pipeline: Holds an estimator that reads values.
            model: The policy.
            iteration: Decides the order in which tokens are read.
        """
        estimator = pipeline.estimator
        assert isinstance(estimator, TurnGae)
        features = token_features(model, groups, micro_tokens=self.micro_tokens)
        valued = self.valued(columns, features)
        credit = pipeline.advantages(valued)
        earned = replace(valued, reward=credit.parts["reward"]) if "reward" in credit.parts else valued
        seed = number(self.seed, "critic", iteration)
        measured = self.fit(earned, features, gamma_turn=estimator.options.gamma_turn, seed=seed)
        return replace(credit, metrics={**credit.metrics, **measured})

    def valued(self, columns: Columns, features: torch.Tensor) -> Columns:
        """The columns with a value per token, and per row that of its first token.

        Args:
            columns: Laid out with tokens.
            features: ``[num_tokens, width]``, in the order of ``columns.tokens``.
        """
        tokens = given(columns.tokens, "tokens")
        with torch.no_grad():
            found = self.net(features)[:, 0].double().numpy()
        value = np.zeros(len(columns), dtype=np.float64)
        value[tokens.row[::-1]] = found[::-1]
        return replace(columns, tokens=replace(tokens, value=found), value=value)

    def fit(self, columns: Columns, features: torch.Tensor, *, gamma_turn: float, seed: int) -> dict[str, float]:
        """Learn what came of every trained token; returns what was measured before that.

        Args:
            columns: What ``valued`` gave.
            features: As for ``valued``.
            gamma_turn: Discount from turn to turn.
            seed: Of the order in which tokens are read.
        """
        tokens = given(columns.tokens, "tokens")
        own = np.flatnonzero(columns.trained[tokens.row])
        if not len(own):
            return {}
        target = trained_returns(columns, gamma_turn)[tokens.row][own]
        before = given(tokens.value, "value")[own]
        wanted = torch.from_numpy(target).float()
        inputs = features[torch.from_numpy(own)]
        rng = np.random.default_rng(seed)
        for _ in range(self.section.epochs):
            for part in np.array_split(rng.permutation(len(own)), max(1, len(own) // self.section.batch_tokens)):
                chosen = torch.from_numpy(part)
                self.optimizer.zero_grad()
                loss = mse_loss(self.net(inputs[chosen])[:, 0], wanted[chosen])
                torch.autograd.backward(loss)
                self.optimizer.step()
        return {"critic/error": float(np.mean((before - target) ** 2)), "critic/explained": explained(before, target)}

    def tensors(self) -> dict[str, torch.Tensor]:
        """Weights and moments, for a checkpoint."""
        found = {f"{PREFIX}{name}": value.clone() for name, value in self.net.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            found |= {f"{PREFIX}adam.{index}.{name}": torch.as_tensor(value).clone() for name, value in moments.items()}
        return found

    def restore(self, tensors: Mapping[str, torch.Tensor]) -> None:
        """Put back what ``tensors`` gave."""
        own = {name.removeprefix(PREFIX): value for name, value in tensors.items() if name.startswith(PREFIX)}
        self.net.load_state_dict({name: value for name, value in own.items() if not name.startswith("adam.")})
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in own.items():
            if name.startswith("adam."):
                _, index, key = name.split(".")
                moments.setdefault(int(index), {})[key] = value
        self.optimizer.load_state_dict({**self.optimizer.state_dict(), "state": moments})


def explained(value: Floats, target: Floats) -> float:
    """Share of the variance of ``target`` that ``value`` explains; 0 where the target does not vary.

    Example:
        >>> explained(np.array([0.0, 1.0]), np.array([0.0, 1.0])), explained(np.zeros(2), np.array([0.0, 1.0]))
        (1.0, 0.0)
    """
    variance = float(np.var(target))
    return 1.0 - float(np.var(target - value)) / variance if variance > 0 else 0.0


def token_features(model: torch.nn.Module, groups: Sequence[Group], *, micro_tokens: int) -> torch.Tensor:
    """What the model's last layer holds before each completion token of all steps: ``[num_tokens, width]``.

    The steps that a script took, which have no prompt, get zeros for their tokens.

    Args:
        model: A Hugging Face causal language model.
        groups: Their steps, in the order in which ``columns`` lays them out.
        micro_tokens: Padded tokens of one pass; changes speed and memory, not the result.
    """
    steps = [step for group in groups for episode in group.episodes for step in episode.steps]
    starts = np.cumsum([0, *(len(step.completion_ids) for step in steps)])
    read = [number for number, step in enumerate(steps) if step.prompt_ids and step.completion_ids]
    rows = [Row(prompt_ids=steps[n].prompt_ids, completion_ids=steps[n].completion_ids) for n in read]
    place = torch.from_numpy(np.concatenate([np.arange(starts[n], starts[n + 1]) for n in read] or [np.arange(0)]))
    device = next(model.parameters()).device
    result: torch.Tensor | None = None
    with torch.inference_mode():
        for batch in micro_batches(rows, max_tokens=micro_tokens):
            ids = batch.input_ids.to(device)
            out = model(input_ids=ids, use_cache=False, output_hidden_states=True, logits_to_keep=1)
            hidden = out.hidden_states[-1][batch.row.to(device), batch.keep[batch.column].to(device)].float().cpu()
            if result is None:
                result = torch.zeros(int(starts[-1]), hidden.shape[1])
            result[place[batch.tokens]] = hidden
    return torch.zeros(0, width_of(model)) if result is None else result.clone()


def width_of(model: torch.nn.Module) -> int:
    """Features of a Hugging Face model's last layer."""
    config = model.config.get_text_config(decoder=True)  # type: ignore[union-attr, operator]
    return int(config.hidden_size)
