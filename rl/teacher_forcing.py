"""Read recorded prompts and completions with a model and compare: do the engine that sampled and the trainer agree?

The forward pass is the trainer's own (whole rows, no cache), the recorded log-probabilities are the engine's (batched,
cached, token by token). The same weights give the same numbers up to rounding; of others it tells how far they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise
from typing import Any

import torch

from clickwright.agents.transformers_policy import unsayable_ids
from clickwright.errors import ConfigError
from clickwright.rl.batching import Row, distributions
from clickwright.rl.losses.kl import k3
from clickwright.rl.sharing import lay_out
from clickwright.trajectories.records import Episode, Step

MICRO_TOKENS = 4_096
CHUNK = 64
"""Episodes that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forced:
    """A recorded step as a model reads it.

    Attributes:
        logprobs: Log-probability of each recorded id; ``-inf`` for one the model may never say.
        most_likely: Whether each recorded id is the one the model finds most likely.
    """

    logprobs: tuple[float, ...]
    most_likely: tuple[bool, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """How far a model's log-probabilities are from the recorded ones, over tokens.

    Attributes:
        policy_version: Version that sampled.
        num_steps: Steps.
        num_tokens: Completion tokens of them.
        max_abs: Largest difference.
        mean_abs: Mean difference.
        mean_k3: Mean of ``exp(d) - d - 1`` with ``d = model - recorded``: estimates KL(recorded || model).
        top1: Share of recorded ids that the model finds most likely; 1 where both took the most likely one.
        num_guided: Steps that were sampled under a grammar, whose log-probabilities are those of fewer tokens.
        worst: Episode and step of the largest difference.
    """

    policy_version: int
    num_steps: int
    num_tokens: int
    max_abs: float
    mean_abs: float
    mean_k3: float
    top1: float
    num_guided: int
    worst: tuple[str, int]


def force(
    model: Any,
    tokenizer: Any,
    steps: Sequence[Step],
    *,
    temperature: float = 1.0,
    micro_tokens: int = MICRO_TOKENS,
) -> list[Forced]:
    """Read recorded completions after their prompts.

    Args:
        model: A Hugging Face causal language model; it is left in the mode it is in.
        tokenizer: Its tokenizer, which says what it may never draw.
        steps: Steps that a policy sampled.
        temperature: The one they were sampled at; 0 reads as 1, as it does when sampling.
        micro_tokens: Padded tokens of one pass; changes speed and memory, not the result.

    Raises:
        ConfigError: An id is outside of the model's vocabulary, or a step is longer than its context.
    """
    rows = [Row(prompt_ids=step.prompt_ids, completion_ids=step.completion_ids) for step in steps]
    _refuse_another_model(model, rows)
    banned = torch.tensor(unsayable_ids(model, tokenizer), dtype=torch.long, device=next(model.parameters()).device)
    offsets = [0]
    for row in rows:
        offsets.append(offsets[-1] + len(row.completion_ids))
    logprobs, likely = torch.zeros(offsets[-1]), torch.zeros(offsets[-1], dtype=torch.bool)
    with torch.inference_mode():
        for batch in lay_out(rows, model, max_tokens=micro_tokens):
            found = distributions(model, batch, temperature=temperature, banned=banned)
            targets = batch.targets.to(found.device)
            logprobs[batch.tokens] = found.gather(-1, targets[:, None])[:, 0].float().cpu()
            likely[batch.tokens] = (found.argmax(-1) == targets).cpu()
    return [
        Forced(logprobs=tuple(logprobs[start:stop].tolist()), most_likely=tuple(likely[start:stop].tolist()))
        for start, stop in pairwise(offsets)
    ]


def _refuse_another_model(model: Any, rows: Sequence[Row]) -> None:
    size = int(model.get_input_embeddings().weight.shape[0])
    largest = max((max((*row.prompt_ids, *row.completion_ids)) for row in rows), default=0)
    if largest >= size:
        raise ConfigError(
            f"a recorded token has id {largest}, and the model knows {size}: it has another tokenizer than the policy "
            "that was recorded; give the model of this run"
        )
    context = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    longest = max((row.num_inputs for row in rows), default=0)
    if context is not None and longest > context:
        raise ConfigError(f"a recorded step has {longest} tokens, and the model's context holds {context}")


def sampled_at(episode: Episode) -> tuple[float, bool]:
    """Temperature an episode was sampled at, and whether under a grammar; 1 and no where nobody wrote it down."""
    sampling = episode.meta.get("sampling")
    if not isinstance(sampling, Mapping):
        return 1.0, False
    return float(sampling.get("temperature", 1.0)), bool(sampling.get("guided", False))


def measure(model: Any, tokenizer: Any, episodes: Iterable[Episode], *, policy_version: int) -> Gap | None:
    """The gap over what one policy version sampled in some episodes; ``None`` where it sampled nothing.

    Raises:
        ConfigError: See ``force``.
    """
    meter = _Meter()
    waiting = iter(episodes)
    while chunk := list(islice(waiting, CHUNK)):
        by_temperature: dict[float, list[tuple[Episode, Step]]] = {}
        for episode in chunk:
            temperature, guided = sampled_at(episode)
            steps = [step for step in episode.steps if step.trainable and step.policy_version == policy_version]
            by_temperature.setdefault(temperature, []).extend((episode, step) for step in steps)
            meter.num_guided += guided * len(steps)
        for temperature, found in by_temperature.items():
            forced = force(model, tokenizer, [step for _, step in found], temperature=temperature)
            for (episode, step), one in zip(found, forced, strict=True):
                meter.add(episode, step, one)
    return meter.gap(policy_version)


@dataclass(slots=True)
class _Meter:
    """Running sums over tokens."""

    num_steps: int = 0
    num_tokens: int = 0
    num_guided: int = 0
    max_abs: float = -1.0
    sum_abs: float = 0.0
    sum_k3: float = 0.0
    num_likely: int = 0
    worst: tuple[str, int] = ("", 0)

    def add(self, episode: Episode, step: Step, forced: Forced) -> None:
        engine = torch.tensor(step.logprobs, dtype=torch.float64)
        trainer = torch.tensor(forced.logprobs, dtype=torch.float64)
        apart = (engine - trainer).abs()
        self.num_steps += 1
        self.num_tokens += len(step.logprobs)
        self.sum_abs += float(apart.sum())
        self.sum_k3 += float(k3(engine, trainer).sum())
        self.num_likely += sum(forced.most_likely)
        if float(apart.max()) > self.max_abs:
            self.max_abs, self.worst = float(apart.max()), (episode.id, step.t)

    def gap(self, policy_version: int) -> Gap | None:
        if not self.num_tokens:
            return None
        return Gap(
            policy_version=policy_version,
            num_steps=self.num_steps,
            num_tokens=self.num_tokens,
            max_abs=self.max_abs,
            mean_abs=self.sum_abs / self.num_tokens,
            mean_k3=self.sum_k3 / self.num_tokens,
            top1=self.num_likely / self.num_tokens,
            num_guided=self.num_guided,
            worst=self.worst,
        )
