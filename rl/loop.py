"""Reinforcement learning: roll out groups, credit their steps, update the weights, again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from clickwright.rl import checkpoint
from clickwright.rl.advantages import Group, columns
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.advantages.columns import FILLED
from clickwright.rl.batching import Row
from clickwright.rl.collector import Collector
from clickwright.rl.credit_layers import record_credit
from clickwright.rl.credited import credited
from clickwright.rl.critic import Critic
from clickwright.rl.evaluate import Evaluation, evaluate, short_name
from clickwright.rl.group_editors import Situation
from clickwright.rl.mixed_rewards import MIXED, judge_groups, judges
from clickwright.rl.moment import Moment, remember
from clickwright.rl.off_policy import corrected
from clickwright.rl.policy_identity import policy_identity
from clickwright.rl.reading import Reader
from clickwright.rl.recipe import Train
from clickwright.rl.recorded_rows import Writer
from clickwright.rl.recorded_states import RecordedStates, StateCollector
from clickwright.rl.rewards.mixing import Mixed
from clickwright.rl.rollout_metrics import rollout_metrics
from clickwright.rl.rows import traced_rows
from clickwright.rl.schedule import learning_rate
from clickwright.rl.streams import stream
from clickwright.rl.task_filter import pass_rates_of, tasks_of
from clickwright.rl.teaching import Lesson
from clickwright.rl.update import UpdatePlan, update
from clickwright.rl.warmstart import Training
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.records import Episode


@dataclass(slots=True)
class LoopState:
    """What a checkpoint must bring back beside weights and moments; random streams follow from seed and iteration.

    Attributes:
        iteration: Iterations done.
        version: Version of the weights.
        elapsed_s: Seconds of RL so far, over all sessions.
        num_episodes: Episodes collected by RL.
        num_steps: Steps of them.
        barren: Iterations in a row without a useful group.
        success: Running success by task.
        loss: Coefficients of the loss that have been adapted.
        plugins: What sampler, guides and group editors remember, by plug-in.
        evaluations: Results so far, as JSON.
    """

    iteration: int = 0
    version: int = 0
    elapsed_s: float = 0.0
    num_episodes: int = 0
    num_steps: int = 0
    barren: int = 0
    success: dict[str, float] = field(default_factory=dict)
    loss: dict[str, float] = field(default_factory=dict)
    plugins: dict[str, Any] = field(default_factory=dict)
    evaluations: list[dict[str, Any]] = field(default_factory=list)

    def add(self, result: Evaluation) -> None:
        """Keep an evaluation's result."""
        self.evaluations.append(result.as_json())


class Loop:
    """The RL stage of a run.

    Args:
        work: What the run holds open.
        section: Its settings.
        state: Where it stands.
        optimizer: Made for the model's parameters, with whatever a checkpoint brought back.
        reference: Weights the loss measures a distance from; ``None`` when it measures none.
        critic: Gives values, when the estimator reads some.
    """

    def __init__(
        self,
        work: Workspace,
        section: Train,
        state: LoopState,
        *,
        optimizer: torch.optim.Optimizer,
        reference: Any,
        critic: Critic | None = None,
    ) -> None:
        self.work, self.section, self.state = work, section, state
        self.optimizer, self.reference, self.critic = optimizer, reference, critic
        self.loss, self.estimator = work.recipe.train_loss(), work.recipe.estimator()
        self.loss.restore(state.loss)
        self.plugins = work.recipe.loop_plugins()
        self.plugins.restore(state.plugins)
        self.pass_rates = pass_rates_of(section)
        self.tasks = tasks_of(work.recipe.env.tasks, section, say=work.progress.say)
        self.states = RecordedStates(section.states, tasks=self.tasks) if section.states else None
        if self.states is not None:
            self.tasks = self.states.tasks
        self.sampled_by = policy_identity(work.model, work.tokenizer)
        self.writer = Writer.of(work, label_refs=False)
        self.judges = judges(section.rewards, frames=work.recipe.record.frames == "all", codec=work.recipe.agent.codec)
        self.producer = f"{section.algorithm}"

    def run(self) -> None:
        """Iterate until the count, the time or the environment steps are used up."""
        section, state, work = self.section, self.state, self.work
        with work.progress.stage(
            work.recipe.name, section.max_iterations, "iterations", done=state.iteration
        ) as tracker:
            while state.iteration < section.max_iterations and not self._used_up():
                started = time.perf_counter()
                values = self.iterate()
                state.elapsed_s += time.perf_counter() - started
                left = section.max_seconds - state.elapsed_s if section.max_seconds else None
                note = f"success {values['rollout/success']:.2f}"
                tracker.advance(note=note, time_left_s=left)
        self.save()

    def iterate(self) -> dict[str, float]:
        """One iteration; returns its metrics."""
        work, section, state, clock = self.work, self.section, self.state, self.work.clock
        clock.shares()
        started = time.perf_counter()
        with clock.phase("rollout"):
            groups, episodes = self.roll_out()
        mixed = None
        if self.judges:
            with clock.phase("score"), StoreReader(work.run_dir) as reader:
                mixed = judge_groups(
                    self.judges,
                    groups,
                    layers=work.layers,
                    frame=reader.frame,
                    iteration=state.iteration,
                    own_weight=section.own_weight,
                )
        with clock.phase("advantage"):
            useful = self.useful(groups, mixed)
            self.estimator.iteration = state.iteration
            rewards, parts = (None, None) if mixed is None else (mixed.rewards, mixed.parts)
            data = columns(useful, needs=self.estimator.needs & FILLED, rewards=rewards, parts=parts)
            if self.critic is None:
                credit = self.estimator.advantages(data)
            else:
                credit = self.critic.credit(data, useful, self.estimator, model=work.model, iteration=state.iteration)
            useful, credit = credited(useful, credit) if self.estimator.editors else (useful, credit)
            traced = traced_rows(useful, credit, version=state.version)
        with clock.phase("train"):
            rows = self.plugins.taught(traced, self.lesson(groups, credit))
            trained = self.learn(rows) if rows else {}
        with clock.phase("record"):
            self._record(useful, credit, mixed)
        state.iteration += 1
        if section.eval_every and state.iteration % section.eval_every == 0:
            with clock.phase("eval"):
                self._light_evaluation()
        if state.iteration % work.recipe.checkpoint.every == 0:
            with clock.phase("checkpoint"):
                self.save()
        self._watch_for_stall(useful)
        values = {f"train/{name}": value for name, value in trained.items()}
        values |= {f"advantage/{name}": value for name, value in credit.metrics.items()}
        values |= rollout_metrics(episodes, wall_s=clock.spent_s("rollout"), batcher=work.batcher)
        values |= {
            **(mixed.metrics if mixed is not None else {}),
            **self.plugins.metrics(),
            "advantage/mean": float(credit.total.mean()) if len(credit.total) else 0.0,
            "group/zero_variance_share": 1.0 - len(useful) / max(len(groups), 1),
            "group/useful": len(useful),
            "train/rows": len(rows),
            "rollout/total_steps": state.num_steps,
            "train/tokens_per_s": trained.get("input_tokens", 0.0) / max(clock.spent_s("train"), 1e-9),
            "fault/episodes": work.runner.faults.num_faults,
            "fault/lost": work.runner.faults.num_lost,
            "fault/unequal_groups": work.runner.faults.num_unequal,
            "fault/small_groups": work.runner.faults.num_small,
            "time/iteration_s": time.perf_counter() - started,
        }
        values |= {f"time/{name}": share for name, share in clock.shares().items()}
        work.metrics.write("iteration", state.iteration, values)
        return values

    def useful(self, groups: Sequence[Group], mixed: Mixed | None = None) -> list[Group]:
        """The groups that can teach something: those that came out differently, unless others do too."""
        if self.loss.equal_scores_teach or self.estimator.editors or self.critic is not None:
            return list(groups)
        if mixed is not None:
            return mixed.useful(groups)
        return [group for group in groups if group.differs]

    def roll_out(self) -> tuple[list[Group], list[Episode]]:
        """Collect one iteration's groups, and every try that was made for them."""
        state = self.state
        moment = self.moment()
        self.work.batcher.reset_stats()
        collector = self._collector(moment)
        groups = collector.collect(self.plugins.sampler.plan(moment))
        situation = Situation(
            moment=moment,
            run_dir=self.work.run_dir,
            roll_out=collector.collect,
            plan=collector.more,
            say=self.work.progress.say,
            branch=collector.branch,
            vocabulary=self.work.model.get_input_embeddings().weight.shape[0],
            entropies=self.reader().entropies_of,
            sampled_by=self.sampled_by,
            is_ours=self.writer.sampled_here,
        )
        groups = self.plugins.edited(groups, situation)
        state.plugins = self.plugins.state()
        everything = [*collector.episodes, *collector.others]
        state.num_episodes += len(everything)
        state.num_steps += sum(len(episode.steps) for episode in everything)
        for task, rate in collector.rates().items():
            remember(state.success, task, rate)
        return groups, collector.episodes

    def _collector(self, moment: Moment) -> Collector | StateCollector:
        if self.states is None:
            return Collector(self.work, self.plugins, moment)
        return StateCollector(self.work, self.states, self.plugins, moment)

    def moment(self) -> Moment:
        """Where the training stands."""
        section, state = self.section, self.state
        return Moment(
            iteration=state.iteration,
            max_iterations=section.max_iterations,
            version=state.version,
            seed=self.work.recipe.seed,
            tasks=self.tasks,
            num_groups=section.groups,
            group_size=section.group_size,
            success=dict(state.success),
            pass_rates=self.pass_rates,
            spent=state.num_steps / section.max_env_steps if section.max_env_steps else 0.0,
        )

    def lesson(self, groups: Sequence[Group], credit: Advantages) -> Lesson:
        """What guides may use that have a say in what is learnt."""
        return Lesson(
            groups=groups,
            credit=credit,
            writer=Writer.of(self.work, label_refs=True),
            imitates=self.loss.imitates,
            logprobs_of=self.reader().logprobs_of,
        )

    def reader(self) -> Reader:
        """Asks the weights that act about rows."""
        return Reader(self.work.model, None, self.loss, plan=self.plan())

    def plan(self) -> UpdatePlan:
        """How an iteration's rows are gone through."""
        work, section = self.work, self.section
        return UpdatePlan(
            epochs=section.ppo_epochs,
            num_minibatches=section.minibatches,
            micro_tokens=section.micro_tokens,
            max_grad_norm=section.max_grad_norm,
            temperature=work.recipe.rollout.temperature,
            banned_ids=work.policy.banned_ids,
        )

    def learn(self, rows: Sequence[Row]) -> dict[str, float]:
        """Update the weights on one iteration's rows."""
        work, section, state = self.work, self.section, self.state
        rate = learning_rate(section, iteration=state.iteration, elapsed_s=state.elapsed_s, num_steps=state.num_steps)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        plan = self.plan()
        state.version += 1
        rng = stream(work.recipe.seed, "update", state.iteration)
        with work.policy.updating(state.version), Training(work.model, work.recipe.seed, "update", state.iteration):
            rows, measured = corrected(work.model, rows, self.loss, section=section.off_policy, plan=plan)
            metrics = update(work.model, self.optimizer, rows, self.loss, plan=plan, rng=rng, reference=self.reference)
        self.loss.adapt(metrics)
        state.loss = self.loss.state()
        return metrics | measured | {"lr": rate} | state.loss

    def save(self) -> None:
        """Write a checkpoint of where the run stands."""
        work, state = self.work, self.state
        values = {name: getattr(state, name) for name in LoopState.__dataclass_fields__}
        checkpoint.save(
            work.run_dir,
            state.iteration,
            model=work.model,
            optimizer=self.optimizer,
            state=values,
            extra={} if self.critic is None else self.critic.tensors(),
            keep=work.recipe.checkpoint.keep,
        )

    def _light_evaluation(self) -> None:
        work, section, state = self.work, self.section, self.state
        seeds = stream(work.recipe.seed, "dev").integers(2**31, size=section.eval_episodes).tolist()
        state.add(evaluate(work, f"dev-{state.iteration:04d}", seeds=seeds, split="train"))

    def _record(self, groups: Sequence[Group], credit: Advantages, mixed: Mixed | None) -> None:
        iteration = self.state.iteration
        if mixed is not None:
            fresh = {one.id for group in groups for one in group.episodes if one.iteration == iteration}
            rewards = [(episode, t, value) for (episode, t), value in mixed.rewards.items() if episode in fresh]
            said = f"{[reward.model_dump(mode='json') for reward in self.section.rewards]}"
            self.work.layers.put(MIXED, 1, producer=said, values=rewards)
        record_credit(
            self.work.layers,
            groups,
            credit,
            producer=self.producer,
            iteration=iteration,
            session=self.work.session,
        )

    def _watch_for_stall(self, useful: Sequence[Group]) -> None:
        state = self.state
        state.barren = 0 if useful else state.barren + 1
        if state.barren and state.barren % self.section.stall_warning == 0:
            rates = ", ".join(f"{short_name(task)} {rate:.2f}" for task, rate in sorted(state.success.items()))
            self.work.progress.say(
                f"warning: no group with different scores for {state.barren} iterations, so nothing is being learnt "
                f"(training success: {rates}). Tasks that always or never succeed teach nothing: change the tasks, or "
                "raise rollout.temperature or train.group_size"
            )

    def _used_up(self) -> bool:
        section, state = self.section, self.state
        out_of_time = bool(section.max_seconds) and state.elapsed_s >= section.max_seconds
        return out_of_time or (bool(section.max_env_steps) and state.num_steps >= section.max_env_steps)
