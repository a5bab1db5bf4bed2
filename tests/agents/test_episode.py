from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from clickwright.agents.agent import Actor, Decision, LanguageAgent
from clickwright.agents.batcher import Batcher
from clickwright.agents.episode import run_episode
from clickwright.agents.policy import Completion, FinishReason, Prompt, Sampling
from clickwright.agents.prompts import PromptBuilder
from clickwright.agents.scripted import OracleAgent, RandomAgent
from clickwright.agents.transformers_policy import TransformersPolicy
from clickwright.envs.actions import Action, Press, Wait
from clickwright.envs.surface import View, Wants
from clickwright.errors import ConfigError, DamagedFileError, FaultKind, SurfaceFault
from clickwright.trajectories.prompt_text import prompt_text
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.recorder import Recorder
from clickwright.trajectories.records import Episode, Status, Step
from clickwright.trajectories.store import StoreWriter
from tests.agents.helpers import byte_tokenizer, small_qwen2
from tests.envs.counter_env import BadScorer, BadSetup, BrokenLights, LightsSurface, lights_env


class Scripted:
    """A policy that answers prompts with a function of their text, one byte a token."""

    version = 7

    def __init__(self, answer: Callable[[str], str], *, finish_reason: FinishReason = FinishReason.STOP) -> None:
        self.answer, self.finish_reason = answer, finish_reason
        self.keys: list[str] = []

    def encode(self, text: str) -> tuple[int, ...]:
        return tuple(text.encode())

    async def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion]:
        self.keys += [prompt.key for prompt in prompts]
        texts = [self.answer(bytes(prompt.token_ids).decode()) for prompt in prompts]
        return [
            Completion(
                token_ids=tuple(text.encode()),
                logprobs=(-0.5,) * len(text.encode()),
                text=text,
                finish_reason=self.finish_reason,
                policy_version=self.version,
                latency_ms=1.5,
            )
            for text in texts
        ]


def first_lit(prompt: str) -> str:
    """Switch off the first light the page shows as on."""
    return next(f"click [{line.split('[')[1][0]}]" for line in prompt.splitlines() if line.endswith("checked"))


def play(env: gymnasium.Env[Any, Any], agent: Any, seed: int = 3, **more: Any) -> Episode:
    return asyncio.run(run_episode(env, agent, seed=seed, **more))


def in_pixels(prompt: str) -> str:
    """Switch off the first light that is on, by the pixel in its middle; press again where the pointer is."""
    ref = int(first_lit(prompt).split("[")[1][:-1])
    place = f', "x": {12 * ref - 6}, "y": 6'
    clicked = f'did: ```json {{"action_type": "CLICK"{place}}}' in prompt
    return f'{{"action_type": "CLICK"{"" if clicked else place}}}'


def test_a_dialect_of_pixels_acts_on_what_it_saw_and_clicks_on_where_the_pointer_is() -> None:
    class Slow(LightsSurface):
        """Lights that only every second click switches."""

        def step(self, action: Action | None, wants: Wants) -> View:
            self.num_clicks = getattr(self, "num_clicks", 0) + (action is not None)
            return super().step(Wait() if action is not None and self.num_clicks % 2 else action, wants)

    env = lights_env(surface=Slow, observe=("text", "screen"))
    episode = play(env, LanguageAgent(Scripted(in_pixels), codec="osworld_computer13"))
    assert episode.success
    assert '"x"' in episode.steps[0].raw
    assert '"x"' not in episode.steps[1].raw
    assert episode.steps[0].action == episode.steps[1].action


def test_several_actions_in_one_answer_are_too_many() -> None:
    answer = '{"action_type": "PRESS", "key": "1"}\n{"action_type": "PRESS", "key": "2"}'
    episode = play(lights_env(max_invalid=2), LanguageAgent(Scripted(lambda _: answer), codec="osworld_computer13"))
    assert [step.action["reason"] for step in episode.steps] == ["too_many", "too_many"]


def test_a_language_agent_reads_acts_and_leaves_a_full_record() -> None:
    policy = Scripted(first_lit)
    episode = play(lights_env(), LanguageAgent(policy), key="stream")
    assert episode.success
    assert episode.status is Status.TERMINATED
    assert episode.goal == "Switch every light off."
    assert policy.keys == [f"stream#{t}" for t in range(len(episode.steps))]
    for t, step in enumerate(episode.steps):
        read = prompt_text(episode.goal, episode.steps[:t][-3:], step.text, step.error)
        assert bytes(step.prompt_ids).decode() == read, "recorded steps rebuild the prompt that was read"
        assert bytes(step.completion_ids).decode() == step.raw
        assert step.trainable
        assert (step.policy_version, step.finish_reason) == (7, "stop")
        assert step.timing_ms["generate"] <= 1.5
        assert {"prompt", "queue", "env", "total"} <= set(step.timing_ms)
        assert step.reward == float(t == len(episode.steps) - 1)
    assert episode.final["text"].count("checked") == 0
    assert episode.meta["timing_ms"]["total"] >= episode.meta["timing_ms"]["reset"] > 0


def test_errors_are_told_in_the_next_prompt() -> None:
    prompts: list[str] = []

    def clumsy(prompt: str) -> str:
        prompts.append(prompt)
        return "click the light" if len(prompts) == 1 else first_lit(prompt)

    episode = play(lights_env(), LanguageAgent(Scripted(clumsy)))
    assert not episode.steps[0].action_valid
    assert "did: click the light -> " in prompts[1]
    assert f"\nerror: {episode.steps[1].error[:20]}" in prompts[1]
    assert episode.success


def test_a_cut_answer_is_not_acted_on() -> None:
    episode = play(lights_env(max_invalid=2), LanguageAgent(Scripted(first_lit, finish_reason=FinishReason.LENGTH)))
    assert [step.action["reason"] for step in episode.steps] == ["truncated_generation"] * 2
    assert episode.status is Status.TRUNCATED
    assert episode.steps[0].finish_reason == "length"


def test_a_real_model_acts_through_the_loop_and_repeats_itself() -> None:
    policy = TransformersPolicy(small_qwen2(context=1024), byte_tokenizer())
    agent = LanguageAgent(policy, sampling=Sampling(max_new_tokens=6, seed=2))

    async def group() -> list[Episode]:
        return await asyncio.gather(
            *(run_episode(lights_env(), agent, seed=3, group_id="g", member=member) for member in range(4))
        )

    first, again = asyncio.run(group()), asyncio.run(group())
    said = [[step.completion_ids for step in episode.steps] for episode in first]
    assert said == [[step.completion_ids for step in episode.steps] for episode in again]
    assert len({tuple(ids) for ids in said}) == 4, "members of a group sample differently"
    assert len({episode.steps[0].state_digest for episode in first}) == 1
    assert len({episode.steps[0].prompt_ids for episode in first}) == 1
    stats = agent.completer.stats()  # type: ignore[attr-defined]
    assert stats.num_requests == 2 * sum(len(ids) for ids in said)
    assert stats.num_batches < stats.num_requests
    policy.close()


def test_an_agent_in_waves_takes_a_seat() -> None:
    batcher = Batcher(Scripted(first_lit), num_cohorts=1)
    agent = LanguageAgent(batcher)

    async def scenario() -> list[Episode]:
        seats = [batcher.join() for _ in range(3)]

        async def serve(number: int) -> Episode:
            with seats[number] as seat:
                return await run_episode(lights_env(), agent.seated(seat), seed=number)

        return await asyncio.gather(*(serve(number) for number in range(3)))

    assert all(episode.success for episode in asyncio.run(scenario()))
    assert batcher.stats().num_batches < batcher.stats().num_requests


def test_prompts_that_cannot_fit_the_model_are_refused_at_once() -> None:
    policy = TransformersPolicy(small_qwen2(context=128), byte_tokenizer())
    with pytest.raises(ConfigError, match="do not fit the model's context of 128"):
        LanguageAgent(policy, prompts=PromptBuilder(policy.encode, max_tokens=100))
    assert LanguageAgent(policy).prompts.max_tokens == 96


@pytest.mark.parametrize("at", [0, 2, 3])
def test_a_surface_that_dies_ends_the_episode_with_a_fault_and_the_next_one_works(at: int) -> None:
    calls: list[int] = []
    # A reset is tried twice, so the first look fails twice.
    broken = frozenset({0, 1}) if at == 0 else frozenset({at})
    env = lights_env(surface=lambda: BrokenLights(calls, fail_at=broken))
    episode = play(env, OracleAgent())
    assert episode.status is Status.FAULT
    assert episode.fault is not None
    assert episode.fault["kind"] == "browser"
    assert not episode.trainable
    assert not episode.success
    assert play(env, OracleAgent()).success


@pytest.mark.parametrize("task", [BadScorer(), BadSetup(failures=9)])
def test_an_evaluator_that_raises_is_a_fault(task: Any) -> None:
    episode = play(lights_env(task=task), RandomAgent())
    assert episode.fault is not None
    assert episode.fault["kind"] == "scorer"


class FailingAgent:
    """Acts once, then raises."""

    name = "failing"

    def __init__(self, error: Exception, *, at_begin: bool = False) -> None:
        self.error, self.at_begin = error, at_begin

    def facts(self) -> Mapping[str, Any]:
        return {}

    def begin(self, env: Any, *, key: str) -> Actor:
        if self.at_begin:
            raise self.error
        return self

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision:
        if history:
            raise self.error
        return Decision(action=Press(keys=("9",)), raw='press "9"')


def test_a_policy_that_fails_ends_the_episode_with_what_was_done() -> None:
    lost = SurfaceFault(FaultKind.POLICY, where="generate", detail="out of memory")
    episode = play(lights_env(), FailingAgent(lost))
    assert episode.fault == lost.as_info()
    assert len(episode.steps) == 1
    for at_begin in (False, True):
        episode = play(lights_env(), FailingAgent(ZeroDivisionError("oops"), at_begin=at_begin))
        assert episode.fault is not None
        assert (episode.fault["kind"], episode.fault["detail"]) == ("policy", "ZeroDivisionError: oops")
        assert not episode.fault["retryable"]


def test_mistakes_of_the_caller_raise() -> None:
    with pytest.raises(ConfigError, match="as meant"):
        play(lights_env(), FailingAgent(ConfigError("as meant")))
    with pytest.raises(ConfigError):
        play(lights_env(), OracleAgent(), options={"splitt": "eval"})


class Foreign(gymnasium.Env[int, Any]):
    """An environment of somebody else's, which raises."""

    observation_space = gymnasium.spaces.Discrete(9)
    action_space = gymnasium.spaces.Discrete(9)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        if seed == 13:
            raise OSError("no device")
        return 0, {}

    def step(self, action: Any) -> tuple[int, float, bool, bool, dict[str, Any]]:
        raise OSError("device lost")


def test_foreign_environments_that_raise_become_faults() -> None:
    agent = FailingAgent(AssertionError())
    for seed, where in ((1, "step"), (13, "reset")):
        episode = play(Foreign(), agent, seed=seed)
        assert episode.status is Status.FAULT
        assert episode.fault is not None
        assert episode.fault["where"] == where
        assert "OSError: " in str(episode.fault["detail"])


def test_everything_is_written_as_it_happens(tmp_path: Path) -> None:
    with StoreWriter(tmp_path) as writer:
        episode = play(
            lights_env(record_frames=True),
            LanguageAgent(Scripted(first_lit), name="me"),
            recorder=Recorder(writer),
            episode_id="e1",
            env_id="mine",
            split="eval",
            options={"split": "eval"},
            group_id="g",
            member=2,
            iteration=4,
            meta={"note": "x"},
        )
    with StoreReader(tmp_path) as reader:
        stored = reader.episode("e1")
    assert stored == episode
    assert (stored.env_id, stored.split) == ("mine", "eval")
    assert (stored.group_id, stored.member, stored.iteration) == ("g", 2, 4)
    assert stored.meta["note"] == "x"
    assert all(step.frame_sha256 for step in stored.steps)


def test_a_record_that_cannot_be_written_is_not_passed_off_as_a_fault(tmp_path: Path) -> None:
    class FullDisk(StoreWriter):
        def append(self, *args: Any, **kwargs: Any) -> None:
            raise DamagedFileError("no space left")

    with FullDisk(tmp_path) as writer, pytest.raises(DamagedFileError, match="no space left"):
        play(lights_env(), OracleAgent(), recorder=Recorder(writer))


class SlowEnv(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Steps that last until they are released."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self.entered, self.release = threading.Event(), threading.Event()
        self.num_done = 0

    def step(self, action: Any) -> Any:
        self.entered.set()
        assert self.release.wait(20)
        self.num_done += 1
        return self.env.step(action)


def test_episodes_overlap_while_their_environments_are_slow() -> None:
    envs = [SlowEnv(lights_env()) for _ in range(4)]

    async def scenario() -> list[Episode]:
        with ThreadPoolExecutor(max_workers=8) as executor:
            running = [
                asyncio.ensure_future(run_episode(env, OracleAgent(), seed=1, executor=executor)) for env in envs
            ]
            for env in envs:  # all of them are inside a step at the same time
                assert await asyncio.to_thread(env.entered.wait, 20)
            for env in envs:
                env.release.set()
            return await asyncio.gather(*running)

    assert all(episode.success for episode in asyncio.run(scenario()))


def test_a_cancelled_episode_leaves_its_environment_idle() -> None:
    env = SlowEnv(lights_env())

    async def scenario() -> None:
        running = asyncio.ensure_future(run_episode(env, OracleAgent(), seed=1))
        assert await asyncio.to_thread(env.entered.wait, 20)
        running.cancel()
        await asyncio.wait([running], timeout=0.05)
        assert not running.done(), "the step in flight is waited for"
        env.release.set()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(scenario())
    assert env.num_done == 1
    assert play(env, OracleAgent()).success
