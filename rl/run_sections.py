"""Tables of a recipe that say where it runs and what is kept: weights, tasks, rollouts, evaluation, records."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator

from clickwright.agents.codecs import get_codec
from clickwright.agents.codecs.turn import MAX_ACTIONS
from clickwright.envs.actions import Click, Ref
from clickwright.envs.deadlines import Deadlines
from clickwright.rl.sections import Count, Positive, Rate, Section


class Model(Section):
    """Where the weights come from.

    Attributes:
        source: ``"base"`` for the reader shipped with the package, or a folder written by ``save_pretrained``.
        threads: Threads of one PyTorch operation; 0 leaves PyTorch's choice.
        device: PyTorch device the weights live on.
    """

    source: str = "base"
    threads: Count = 0
    device: str = "cpu"


class Env(Section):
    """What is acted on.

    Attributes:
        tasks: Registered environment ids.
        max_steps: Actions per episode; 0 takes each task's own limit.
        invalid_penalty: Taken from the reward of a step whose action could not be performed; it flows into the returns
            of the steps before it.
        max_invalid: Invalid actions in a row after which an episode is truncated.
        text_budget: Longest text observation, in characters.
    """

    tasks: Annotated[tuple[str, ...], Field(min_length=1)]
    max_steps: Count = 0
    invalid_penalty: Annotated[float, Field(ge=0.0)] = 0.1
    max_invalid: Positive = 3
    text_budget: Positive = 4_000

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        twice = sorted({task for task in self.tasks if self.tasks.count(task) > 1})
        if twice:
            raise ValueError(f"listed twice: {', '.join(twice)}")
        return self


class Rollout(Section):
    """How episodes are collected.

    Attributes:
        num_envs: Environments kept warm, over all tasks.
        num_workers: Processes to spread them over, each with a browser of its own; 0 keeps them in the trainer's.
        deadlines: Seconds that the parts of an episode may take, by their names in ``Deadlines``.
        history: Earlier actions the prompt repeats.
        max_prompt_tokens: Longest prompt; over it the oldest history goes first, then the end of the page.
        max_new_tokens: Longest completion, end token included.
        temperature: Sampling temperature while training; evaluation takes the most likely token.
        deterministic: Serve generation requests in fixed cohorts, so that a run can be repeated bit by bit; slower.
    """

    num_envs: Positive = 32
    num_workers: Count = 0
    deadlines: dict[str, float] = Field(default_factory=dict)
    history: Count = 2
    max_prompt_tokens: Positive = 512
    max_new_tokens: Positive = 32
    temperature: Rate = 1.0
    deterministic: bool = False

    @model_validator(mode="before")
    @classmethod
    def _whole_distribution(cls, given: Any) -> Any:
        for name in ("top_p", "top_k"):
            if isinstance(given, dict) and name in given:
                raise ValueError(
                    f"{name} = {given[name]}: a run's policy draws from the whole distribution. Of a cut one, the "
                    "log-probabilities are too large by one over the mass that was kept, token by token, and every "
                    "ratio and importance correction would be wrong by that: leave it out, or lower the temperature"
                )
        return given

    @field_validator("deadlines")
    @classmethod
    def _known(cls, given: dict[str, float]) -> dict[str, float]:
        Deadlines.read(given)
        return given


class Agent(Section):
    """How the policy speaks: it is prompted, taught and understood in this language, and saved with it.

    Attributes:
        codec: The language of its answers, by the name of a codec.
        max_actions: Most actions of one answer; each is a step of its own, with the tokens that say it.
    """

    codec: str = "canonical"
    max_actions: Annotated[int, Field(ge=1, le=MAX_ACTIONS)] = 1

    @field_validator("codec")
    @classmethod
    def _can_be_spoken(cls, name: str) -> str:
        codec = get_codec(name)
        if codec.coordinates is not None and not codec.expressible(Click(target=Ref(ref=1))):
            raise ValueError(f"{name} points at places of an image, and a run's policy reads text: take one with refs")
        return name


class Evaluate(Section):
    """Held-out evaluation before training, after the warm start and at the end.

    Attributes:
        episodes_per_task: Held-out seeds per task, the most likely token taken.
        first_seed: The first of them; settings that were chosen on some are reported on others.
        base: Whether the untrained weights are evaluated too.
    """

    episodes_per_task: Positive = 40
    first_seed: Count = 0
    base: bool = True


class Record(Section):
    """What is kept.

    Attributes:
        frames: Which episodes keep a frame of every step: ``"none"``, those of the last ``"eval"``, or ``"all"``.
        frames_per_task: Evaluation episodes per task that keep frames under ``"eval"``.
        tensorboard: Whether the metrics are also written for TensorBoard.
    """

    frames: Literal["none", "eval", "all"] = "eval"
    frames_per_task: Positive = 2
    tensorboard: bool = True


class Checkpoint(Section):
    """When a run can be taken up again.

    Attributes:
        every: Iterations between checkpoints.
        keep: Newest checkpoints kept.
        warm_every: Optimiser steps of the warm start between checkpoints of it; 0 for none.
    """

    every: Positive = 10
    keep: Positive = 2
    warm_every: Count = 200
