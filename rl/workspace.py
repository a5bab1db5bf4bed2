"""Everything a run holds open: model, policy, environments, store, metrics."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import torch

from clickwright.agents.agent import LanguageAgent
from clickwright.agents.batcher import Batcher
from clickwright.agents.policy import Sampling
from clickwright.agents.prompts import HistoryPolicy, PromptBuilder
from clickwright.agents.transformers_policy import TransformersPolicy
from clickwright.envs.deadlines import Deadlines
from clickwright.envs.lookup import find_id
from clickwright.envs.pool.kind import Kind
from clickwright.envs.registration import list_envs
from clickwright.errors import ConfigError
from clickwright.rl.clock import PhaseClock
from clickwright.rl.kinds import kind_of
from clickwright.rl.metrics import MetricsLog
from clickwright.rl.progress import Progress
from clickwright.rl.recipe import Recipe
from clickwright.rl.runner import NUM_COHORTS, Runner
from clickwright.trajectories.layers import Layers
from clickwright.trajectories.store import StoreWriter


def check_tasks(recipe: Recipe) -> None:
    """Look every task up before anything is started.

    Raises:
        UnknownNameError: An id that is not registered; gives the nearest ones.
        ConfigError: A task without an oracle in a recipe with a warm start.
    """
    known = {env.id: env for env in list_envs()}
    for env_id in recipe.env.tasks:
        find_id(env_id)
        imitated = recipe.warm_start is not None and recipe.warm_start.episodes_per_task > 0
        if imitated and env_id in known and not known[env_id].oracle:
            raise ConfigError(
                f"{env_id} has no oracle, so there is nothing to imitate: leave it out, or [warm_start], or set "
                "warm_start.episodes_per_task = 0 and imitate a recorded run"
            )


class Workspace:
    """Opens what the stages of a run share and closes it in the right order.

    Args:
        recipe: The run.
        run_dir: Where everything is written; must exist.
        weights: Model and tokenizer; the model is trained in place.
        session: Distinguishes what a resumed run records from what was recorded before; ``""`` for the first.
        progress: Talks to the person.
        meta: Written into the store for this session.
    """

    def __init__(
        self,
        recipe: Recipe,
        run_dir: Path,
        *,
        weights: tuple[Any, Any],
        session: str,
        progress: Progress,
        meta: dict[str, Any],
    ) -> None:
        self.recipe, self.run_dir, self.session, self.progress = recipe, run_dir, session, progress
        self.clock = PhaseClock()
        self._stack = ExitStack()
        try:
            threads = torch.get_num_threads()
            if recipe.model.threads:
                self._stack.callback(torch.set_num_threads, threads)
                torch.set_num_threads(recipe.model.threads)
            self.model, self.tokenizer = weights
            self.policy = TransformersPolicy(self.model, self.tokenizer, max_batch=recipe.rollout.num_envs)
            self._stack.callback(self.policy.close)
            self.writer = self._stack.enter_context(StoreWriter(run_dir, run_meta=meta))
            self.layers = Layers(run_dir)
            self.metrics = self._stack.enter_context(MetricsLog(run_dir, tensorboard=recipe.record.tensorboard))
            rollout = recipe.rollout
            self.runner = self._stack.enter_context(
                Runner(
                    self.kind_of,
                    num_envs=rollout.num_envs,
                    num_workers=rollout.num_workers,
                    deadlines=Deadlines.read(rollout.deadlines),
                    writer=self.writer,
                    deterministic=rollout.deterministic,
                    warn=progress.say,
                )
            )
            self.batcher = Batcher(
                self.policy, max_batch=rollout.num_envs, num_cohorts=NUM_COHORTS if rollout.deterministic else 0
            )
            self.prompts = PromptBuilder(
                self.policy.encode, history=HistoryPolicy(last=rollout.history), max_tokens=rollout.max_prompt_tokens
            )
        except BaseException:
            self._stack.close()
            raise

    def kind_of(self, env_id: str, frames: bool) -> Kind:
        """What to build for an environment id, and whether every step keeps a frame."""
        return kind_of(self.recipe.env, env_id, frames)

    def agent(self, *, greedy: bool) -> LanguageAgent:
        """The policy as an agent, taking the most likely tokens or sampling."""
        rollout = self.recipe.rollout
        sampling = Sampling(
            max_new_tokens=rollout.max_new_tokens,
            temperature=0.0 if greedy else rollout.temperature,
            seed=self.recipe.seed,
        )
        name = f"{self.recipe.name}@{self.policy.version}"
        return LanguageAgent(
            self.batcher,
            codec=self.recipe.agent.codec,
            prompts=self.prompts,
            sampling=sampling,
            max_actions=self.recipe.agent.max_actions,
            name=name,
        )

    def close(self) -> None:
        """Close environments, store, metrics and policy; a second call does nothing."""
        self._stack.close()

    def __enter__(self) -> Self:
        """Return the workspace itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the workspace."""
        self.close()
