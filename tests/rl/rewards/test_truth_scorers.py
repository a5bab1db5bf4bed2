"""Scorers that know what was right: from an oracle, a recorded run, a dataset; and where nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gymnasium
import pytest

import clickwright
from clickwright.agents.agent import Actor, Decision
from clickwright.agents.codecs import get_codec
from clickwright.agents.episode import run_episode
from clickwright.agents.scripted import OracleAgent
from clickwright.errors import ConfigError, DamagedFileError
from clickwright.rl.rewards import SCORERS
from clickwright.rl.rewards.scorers import Score, Subject
from clickwright.rl.rewards.truth import NoTruthError, teacher, told
from clickwright.trajectories.records import Episode, Step
from clickwright.trajectories.store import StoreWriter

ONE_HOP = "clickwright/search.one-hop-v0"
assert clickwright


@dataclass(frozen=True, slots=True)
class Says:
    """Says its lines in the words of a codec, one a step."""

    codec: str
    lines: tuple[str, ...]
    name: str = "says"

    def facts(self) -> Mapping[str, Any]:
        return {}

    def begin(self, env: Any, *, key: str) -> Actor:
        return _Says(self, iter(self.lines))


@dataclass(frozen=True, slots=True)
class _Says:
    agent: Says
    lines: Any

    async def act(self, obs: Mapping[str, Any], info: Mapping[str, Any], history: Sequence[Step]) -> Decision | None:
        line = next(self.lines, None)
        return None if line is None else Decision(action=get_codec(self.agent.codec).decode(line).action, raw=line)


def played(agent: Any, *, env_id: str = ONE_HOP, seed: int = 3) -> Episode:
    env = gymnasium.make(env_id, disable_env_checker=True)
    try:
        return asyncio.run(run_episode(env, agent, seed=seed, options={"split": "train"}, env_id=env_id))
    finally:
        env.close()


def solved(**where: Any) -> Episode:
    return played(OracleAgent(), **where)


def scored(scorer: str, *episodes: Episode, steps: bool = False, **options: Any) -> list[Score]:
    subjects = [
        Subject(episode=one, t=t, group=episodes)
        for one in episodes
        for t in ([step.t for step in one.steps] if steps else [None])
    ]
    return SCORERS.build(scorer, options).score(subjects)


def test_the_right_answer_of_a_question_comes_from_its_oracle() -> None:
    expert = solved()
    answer = str(expert.steps[-1].action["answer"])
    good = played(
        Says("search_r1", ("<think>so</think><search>x y</search>", f"<think>ok</think><answer>{answer}</answer>"))
    )
    bad = played(Says("search_r1", ("<think>so</think><answer>nobody knows</answer>",)))
    loose = played(Says("search_r1", (f"<answer>{answer}</answer>",)))
    silent = played(Says("search_r1", ("<think>so</think><search>x</search>",)))
    assert good.success
    assert [one.value for one in scored("search_r1", good, bad, loose, silent)] == [1.0, 0.0, 1.0, 0.0]
    found = scored("search_r1", good, bad, loose, silent, version="format")
    assert [one.value for one in found] == pytest.approx([1.0, 0.2, 0.8, 0.0])
    assert [one.parts["format"] for one in found] == [1.0, 1.0, 0.0, 0.0]
    assert [one.value for one in scored("tool_star", good, bad, boxed=False)] == [1.0, 0.0]
    assert [one.value for one in scored("tool_star", good)] == [-1.0], "no box"
    assert [one.value for one in scored("o2_searcher", good, bad)] == [1.0, 0.0]


def test_what_a_search_brought() -> None:
    """The first line of a document names it: searching for the name of a thing brings the name."""
    expert = solved()
    title = str(expert.steps[0].action["query"])
    asked = played(
        Says("search_r1", (f"<think>so</think><search>{title}</search>", "<think>ok</think><answer>x</answer>"))
    )
    asked = replace(asked, meta={**asked.meta, "truth": {"answers": [title]}})
    (found,) = scored("search_r1", asked, version="format", retrieval=0.1)
    assert found.value == pytest.approx(0.3)
    assert found.parts["retrieval"] == 1.0


def test_toolrl_where_every_action_is_a_call() -> None:
    codec, expert = get_codec("toolrl"), solved()
    query = str(expert.steps[0].action["query"])
    call = '<think>so</think>\n<tool_call>\n{{"name": "{}", "parameters": {{"query": "{}"}}}}\n</tool_call>'
    lines = [call.format("search", query), call.format("search", "x"), call.format("open_doc", query), "what?"]
    episodes = [played(Says("toolrl", (line,))) for line in lines]
    found = [scored("toolrl", one, steps=True)[0] for one in episodes]
    # right; name and key right of 1 + 1 + 1 points; name wrong; nothing in form
    assert [one.value for one in found] == pytest.approx([4.0, 1.0 + 6 * 2 / 3 - 3, 1.0 - 3.0, -3.0])
    assert codec.decode(lines[0]).action.kind == "search"
    (halved,) = scored("toolrl", replace(episodes[0], iteration=30), steps=True, bounds="two_stage")
    assert halved.value == pytest.approx(0.5 + 3.0)
    (early,) = scored("toolrl", replace(episodes[0], iteration=29), steps=True, bounds="two_stage")
    assert early.value == pytest.approx(1.0 + 1.0)


def test_a_state_off_the_experts_way_has_no_truth_and_says_so() -> None:
    lost = played(Says("search_r1", ("<search>zzz qqq</search>", "<search>more</search>")))
    found = scored("gui_r1", lost, steps=True)
    assert found[0].valid
    assert found[1].trouble == "no success went through this state"


def test_gui_r1_on_searches() -> None:
    expert = solved()
    query = str(expert.steps[0].action["query"])
    said = [f"<search>{query}</search>", "<search>something else</search>", "<answer>x</answer>", "hm"]
    episodes = [played(Says("search_r1", (line,))) for line in said]
    values = [scored("gui_r1", one, steps=True)[0].value for one in episodes]
    assert values == pytest.approx([1.0, 1.0, 0.2, 0.0]), "of a search, the paper compares the kind alone"
    exact = [scored("gui_r1", one, steps=True, match="exact")[0].value for one in episodes]
    assert exact == pytest.approx([1.0, 0.2, 0.2, 0.0])


def test_demonstrations_of_a_recorded_run(tmp_path: Path) -> None:
    expert, other = solved(seed=3), solved(seed=4)
    with StoreWriter(tmp_path) as writer:
        writer.add(expert)
    found = scored("subgoals", expert, other, demonstrations=str(tmp_path))
    assert found[0].value == 1.0
    assert found[1].trouble == "no success of the demonstrations began like this"
    twin = replace(expert, seed=5)
    assert scored("subgoals", twin, demonstrations=str(tmp_path))[0].trouble.startswith("no success"), (
        "it may hide more"
    )
    failed = tmp_path / "failed"
    with StoreWriter(failed) as writer:
        writer.add(replace(expert, success=False))
    with pytest.raises(ConfigError, match="has no success"):
        scored("subgoals", expert, demonstrations=str(failed))


def test_subgoals_of_a_start_on_the_right_way() -> None:
    expert = solved()
    query = str(expert.steps[0].action["query"])
    half, none = played(Says("search_r1", (f"<search>{query}</search>",))), played(Says("search_r1", ("hm",)))
    values = [score.value for score in scored("subgoals", expert, half, none)]
    assert values[0] == 1.0
    assert 0.0 < values[1] < 1.0
    assert values[2] == 0.0
    assert [score.value for score in scored("subgoals", expert, half, none, way="prefix")] == values


def test_what_a_dataset_says_comes_first() -> None:
    episode = played(Says("search_r1", ("<think>so</think><answer>Bern</answer>",)))
    asked = replace(episode, meta={"truth": {"answers": ["Zug", "Bern"]}})
    assert scored("search_r1", asked)[0].value == 1.0
    right = "<think>so</think>\n<response>Bern</response>"
    tool = replace(asked, meta={"truth": {"responses": [right]}}, steps=(replace(asked.steps[0], raw=right),))
    assert scored("toolrl", tool, steps=True)[0].value == 1.0
    pointed = replace(asked.steps[0], action={"kind": "click", "target": {"x": 0.5, "y": 0.5}})
    gui = {"actions": [{"action": "click", "place": [0.45, 0.5]}]}
    shown = replace(asked, meta={"truth": gui}, steps=(pointed,))
    assert scored("gui_r1", shown, steps=True)[0].value == pytest.approx(1.0)
    assert scored("gui_r1", shown, steps=True, radius=0.04)[0].value == pytest.approx(0.2)
    pixels = {"radius_px": 140.0, "image_px": (1000, 1000)}
    assert scored("gui_r1", shown, steps=True, **pixels)[0].value == pytest.approx(1.0)
    pixels = {"radius_px": 140.0, "image_px": (3000, 1000)}
    assert scored("gui_r1", shown, steps=True, **pixels)[0].value == pytest.approx(0.2)
    words = "<think>so</think><answer>[{'action': 'click', 'point': [500, 500], 'input_text': ''}]</answer>"
    spoken = replace(shown, steps=(replace(pointed, raw=words, action={"kind": "invalid"}),))
    said = {"said": "gui_r1", "image_px": (1000, 1000)}
    assert scored("gui_r1", spoken, steps=True, **said)[0].value == pytest.approx(1.0)


def test_findings_of_an_open_question() -> None:
    line = "<answer>- the red door opens at noon\n- the blue door never opens</answer>"
    episode = played(Says("search_r1", ("<search>red door opening hours of the old town house</search>",
                                        "<search>when does a blue gate of stone move</search>", line)))  # fmt: skip
    findings = ["the red door opens at noon", "the blue door never opens"]
    (found,) = scored("o2_searcher", replace(episode, meta={"truth": {"findings": findings}}))
    assert found.parts["f1"] == 1.0
    assert found.parts["queries"] > 0.3
    total = 0.5 * (found.parts["format"] + 1.0 + 0.5 * found.parts["queries"]) / 2.5
    assert found.value == pytest.approx(total)


def test_a_truth_that_cannot_be_read_and_one_that_nobody_has() -> None:
    episode = solved()
    with pytest.raises(DamagedFileError, match="cannot be read"):
        told(replace(episode, meta={"truth": {"answers": 7}}))
    strange = replace(episode, meta={})
    with pytest.raises(ConfigError, match="does not say how its environment was made"):
        scored("search_r1", strange)
    with teacher() as knows, pytest.raises(NoTruthError, match="no key"):
        knows.steps(episode, replace(episode.steps[0], state_key=""))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"radius_px": 140.0}, "image_px"),
        ({"image_px": (10, 10)}, "image_px"),
        ({"said": "gui_r1"}, "image_px"),
        ({"radius": 0.0}, "greater than 0"),
    ],
)
def test_options_of_gui_r1_that_make_no_sense(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        SCORERS.build("gui_r1", options)


@pytest.mark.browser
def test_gui_r1_in_a_browser_against_the_tasks_own_oracle() -> None:
    """A click on the right button, on its middle by coordinates, and elsewhere."""
    env_id = "clickwright/miniwob.click-test-2-v0"
    expert = solved(env_id=env_id)
    (found, *_) = scored("gui_r1", expert, steps=True)
    assert found.value == pytest.approx(1.0)
    step = expert.steps[0]
    boxes = {element["ref"]: element["box"] for element in step.elements}
    left, top, right, bottom = boxes[step.action["target"]["ref"]]

    def at(x: float, y: float) -> float:
        click = {"kind": "click", "target": {"x": x, "y": y}}
        return scored("gui_r1", replace(expert, steps=(replace(step, action=click, box=None),)), steps=True)[0].value

    assert at((left + right) / 2, (top + bottom) / 2) == pytest.approx(1.0)
    assert at(min(1.0, right + 0.01), (top + bottom) / 2) == pytest.approx(0.2)
