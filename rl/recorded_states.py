"""Single-step learning: in a recorded state every member of a group says what it would do, and nothing is done.

    r = format_weight * (a valid action, at elements that are there) + action_weight * (it does what was recorded there)

The states are those of episodes that met their goal, so what was done there is what was wanted.

Source: Mobile-R1 (2025), stage 2, ``R_act + R_fmt``.
Unchecked: taken from a summary.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from clickwright.agents.agent import Decision, LanguageAgent
from clickwright.agents.batcher import Batcher
from clickwright.envs.actions import ACTION, Action, Invalid
from clickwright.rl.advantages import Group
from clickwright.rl.feedback_sections import States
from clickwright.rl.loop_plugins import LoopPlugins
from clickwright.rl.moment import GroupPlan, Moment
from clickwright.rl.recordings import Recordings
from clickwright.rl.rewards.action_match import matches, refers
from clickwright.rl.workspace import Workspace
from clickwright.trajectories.records import Episode, Status, Step


class RecordedStates:
    """The states to learn in, by task.

    Args:
        section: Where they are recorded.
        tasks: The recipe's tasks; one of which nothing is recorded is left out.

    Raises:
        UnknownNameError: There is no such run.
        ConfigError: It holds no state of a successful episode of these tasks.
    """

    def __init__(self, section: States, *, tasks: Sequence[str]) -> None:
        self.section = section
        recordings = Recordings(section.run, tasks=tasks, splits=section.splits)
        self._states: dict[str, list[tuple[Episode, int]]] = defaultdict(list)
        for episode in recordings:
            if episode.success:
                wanted = [number for number, step in enumerate(episode.steps) if step.action_valid]
                self._states[episode.env_id] += [(episode, number) for number in wanted]
        if not self._states:
            raise recordings.nothing("no valid step of an episode that met its goal")
        self.tasks = tuple(task for task in tasks if task in self._states)

    def pick(self, task: str, seed: int) -> tuple[Episode, int]:
        """The state that a seed stands for: an episode, and the place of a step in it."""
        states = self._states[task]
        return states[seed % len(states)]

    def judged(self, decision: Decision, step: Step) -> Step:
        """The step that a decision would have been in a state, with what it earns."""
        wanted, said = ACTION.validate_python(dict(step.action)), decision.action
        valid = not isinstance(said, Invalid) and refers(said, step.elements)
        same = valid and matches(said, wanted, elements=step.elements)
        parts = {"format": self.section.format_weight * valid, "action": self.section.action_weight * same}
        assert decision.prompt is not None
        assert decision.completion is not None
        completion = decision.completion
        return replace(
            step,
            t=0,
            raw=decision.raw,
            prompt_ids=decision.prompt.token_ids,
            completion_ids=completion.token_ids,
            logprobs=completion.logprobs,
            finish_reason=str(completion.finish_reason),
            policy_version=completion.policy_version,
            action=said.model_dump(mode="json"),
            action_valid=valid,
            action_error="" if valid else _why(said),
            reward=sum(parts.values()),
            reward_parts=parts,
            timing_ms=dict(decision.timing_ms),
        )


class StateCollector:
    """Collects the groups of one iteration from recorded states, as ``Collector`` does from environments.

    Args:
        work: What the run holds open.
        states: The states.
        plugins: The sampler sees every group; no guide acts.
        moment: Where the training stands.

    Attributes:
        episodes: Every episode so far, of one step each.
    """

    def __init__(self, work: Workspace, states: RecordedStates, plugins: LoopPlugins, moment: Moment) -> None:
        self.work, self.states, self.plugins, self.moment = work, states, plugins, moment
        self.episodes: list[Episode] = []
        self._num_planned = 0
        self._rates: dict[str, list[bool]] = defaultdict(list)

    def collect(self, plans: Sequence[GroupPlan]) -> list[Group]:
        """Ask the policy in the state of every plan, ``size`` times."""
        # A batcher of its own: all questions are there at once, so that who is served beside whom is always the same.
        batcher = Batcher(self.work.policy, max_batch=self.work.batcher.max_batch)
        agent = self.work.agent(greedy=False, batcher=batcher)
        first, self._num_planned = self._num_planned, self._num_planned + len(plans)

        async def ask() -> list[Group]:
            asked = [self._group(agent, first + number, plan) for number, plan in enumerate(plans)]
            return list(await asyncio.gather(*asked))

        groups = self.work.runner.finish(ask())
        for group in groups:
            self._rates[group.task] += [episode.success for episode in group.episodes]
            for episode in group.episodes:
                self.work.writer.add(episode)
                self.episodes.append(episode)
        self.plugins.sampler.observe(groups, self.moment)
        return groups

    def rates(self) -> dict[str, float]:
        """Share of the answers that do what was wanted, by task."""
        return {task: sum(results) / len(results) for task, results in self._rates.items()}

    async def _group(self, agent: LanguageAgent, number: int, plan: GroupPlan) -> Group:
        episode, place = self.states.pick(plan.task, plan.seed)
        iteration = self.moment.iteration
        group_id = f"state{self.work.session}-{iteration:04d}-{number:02d}"
        keys = [f"state/{iteration}/{number}/{member}" for member in range(plan.size)]
        said = await asyncio.gather(*(self._decide(agent, key, episode, place) for key in keys))
        members = [
            Episode(
                id=f"{group_id}-{member}",
                env_id=episode.env_id,
                task=episode.task,
                seed=episode.seed,
                goal=episode.goal,
                agent=agent.name,
                group_id=group_id,
                member=member,
                iteration=iteration,
                status=Status.TERMINATED,
                success=step.reward_parts["action"] > 0,
                steps=(step,),
                meta={"state_of": {"episode": episode.id, "t": episode.steps[place].t}, **agent.facts()},
            )
            for member, step in enumerate(self.states.judged(one, episode.steps[place]) for one in said)
        ]
        return Group(id=group_id, task=episode.env_id, seed=episode.seed, episodes=tuple(members))

    @staticmethod
    async def _decide(agent: LanguageAgent, key: str, episode: Episode, place: int) -> Decision:
        step = episode.steps[place]
        seen = {"goal": episode.goal, "text": step.text, "error": step.error}
        decision = await agent.begin(None, key=key).act(seen, {"elements": step.elements}, episode.steps[:place])
        assert decision is not None
        return decision


def _why(said: Action) -> str:
    return f"{said.reason}: {said.detail}" if isinstance(said, Invalid) else "an element that is not there"
