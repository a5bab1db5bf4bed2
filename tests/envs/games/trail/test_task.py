import gymnasium
import pytest

import clickwright  # noqa: F401  (registers the ids)
from clickwright.envs.conformance import check
from clickwright.envs.games.trail.catalog import DESIGNS, make_task
from clickwright.envs.gate import payouts
from clickwright.errors import UnknownNameError


def make(name="long", **settings):
    return gymnasium.make(f"clickwright/trail.{name}-v0", **settings).unwrapped


def solve(env):
    oracle, steps = env.oracle(), []
    while (action := oracle.next()) is not None:
        steps.append(env.step(action))
    return steps


@pytest.mark.parametrize("name", DESIGNS)
def test_the_suite_passes(name):
    report = check(f"clickwright/trail.{name}-v0")
    assert report.ok, str(report)


@pytest.mark.parametrize("name", DESIGNS)
@pytest.mark.parametrize("split", ["train", "eval"])
def test_the_oracle_solves_twenty_of_twenty_and_only_the_end_pays(name, split):
    env, num_steps = make(name), DESIGNS[name].num_steps
    for seed in range(20):
        env.reset(seed=seed, options={"split": split})
        steps = solve(env)
        assert [step[1] for step in steps] == [0.0] * (num_steps - 1) + [1.0]
        assert [step[2] for step in steps] == [False] * (num_steps - 1) + [True]
        assert all(step[4]["action_valid"] for step in steps)
        assert steps[-1][4]["success"]


def test_the_oracle_goes_on_from_wherever_one_is():
    env = make()
    env.reset(seed=3)
    right = env.goal.params["stops"][0]
    refs = [element["ref"] for element in env.step("wait")[4]["elements"] if element["name"] != right]
    for ref in refs[:2]:
        env.step(f"click [{ref}]")
    assert solve(env)[-1][4]["success"]


def test_the_goal_names_the_stops_and_the_page_tells_the_place():
    seen, info = make("medium").reset(seed=0)
    assert seen["goal"] == "From start, lectus, vitae, sapien, laboris, urna."
    assert seen["text"].split("\n")[-1] == 'text "start"'
    assert all(f"[{element['ref']}]" in seen["text"] for element in info["elements"])


def test_after_a_mistake_the_same_state_comes_back():
    env = make("medium")
    _, info = env.reset(seed=1)
    start = info["state_key"]
    wrong = next(
        e["ref"] for e in info["elements"] if e["name"] not in env.goal.params["stops"] and e["role"] == "link"
    )
    *_, info = env.step(f"click [{wrong}]")
    back = next(element["ref"] for element in info["elements"] if element["name"] == "Back")
    assert info["state_key"] != start
    *_, info = env.step(f"click [{back}]")
    assert info["state_key"] == start
    assert info["reward_parts"] == {"success": 0.0, "passed": 0.0, "task": 0.0, "invalid": 0.0}


@pytest.mark.parametrize("name", DESIGNS)
def test_policies_without_sense_earn_nothing(name):
    found = {payout.policy: payout.share for payout in payouts(make(name), seeds=range(60))}
    assert max(found.values()) <= 0.02, found


def test_there_is_room_for_some_mistakes():
    env = make("long")
    assert env.rules.max_steps == 15
    env.reset(seed=0)
    for _ in range(15):
        *_, terminated, truncated, info = env.step("wait")
    assert (terminated, truncated, info["ended_by"]) == (False, True, "max_steps")


def test_the_splits_share_no_trail():
    env = make("short")
    drawn = [
        {env.reset(seed=seed, options={"split": split})[0]["goal"] for seed in range(400)}
        for split in ("train", "eval")
    ]
    assert min(map(len, drawn)) > 300
    assert not drawn[0] & drawn[1]


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="medium"):
        make_task("medum")
