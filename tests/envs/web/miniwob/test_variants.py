"""Variants of MiniWoB++ tasks: the oracle solves them, the page shows the new goal, the start stays what it was."""

from __future__ import annotations

from typing import Any

import gymnasium
import pytest

import clickwright  # noqa: F401 (registers the environments)
from clickwright.errors import ConfigError

pytestmark = pytest.mark.browser

BUTTON, TABS, LOGIN = (f"clickwright/miniwob.{name}-v0" for name in ("click-button", "click-tab-2-easy", "login-user"))


def solve(env: Any, seed: int) -> dict[str, Any]:
    """What the oracle's last action brought."""
    info = env.reset(seed=seed)[1]
    oracle = env.unwrapped.oracle()
    while (action := oracle.next()) is not None:
        info = env.step(action)[4]
    return dict(info)


@pytest.mark.parametrize(
    ("env_id", "variant"),
    [
        (BUTTON, "infeasible"),
        (BUTTON, "constraint:avoid"),
        (TABS, "infeasible"),
        (LOGIN, "constraint"),
        (LOGIN, "constraint:at_most"),
    ],
)
def test_oracles_solve_variants_and_pages_show_their_goals(env_id: str, variant: str) -> None:
    env, twin = gymnasium.make(env_id, variant=variant), gymnasium.make(env_id)
    world: Any = env.unwrapped
    for seed in range(3):
        seen, there = env.reset(seed=seed)[0], twin.reset(seed=seed)[0]
        assert seen["goal"] != there["goal"]
        assert seen["text"] == there["text"]
        shown = world.surface.evaluate("document.getElementById('query').textContent")
        assert " ".join(shown.split()) == seen["goal"]
        assert solve(env, seed)["success"], seen["goal"]
    env.close()
    twin.close()


def test_a_button_that_must_not_be_pressed_costs_the_success() -> None:
    env = gymnasium.make(LOGIN, variant="constraint:not_twice")
    world: Any = env.unwrapped
    with pytest.raises(ConfigError, match="no constraint:not_twice variant"):
        env.reset(seed=0)  # its one button ends the episode
    env.close()
    env = gymnasium.make("clickwright/miniwob.click-button-sequence-v0", variant="constraint:not_twice")
    world = env.unwrapped
    env.reset(seed=0)
    assert world.goal.params["rule"]["name"] == "ONE"
    ref = next(element.ref for element in world.view.elements if element.name == "ONE")
    env.step(f"click [{ref}]")
    *_, info = env.step(f"click [{ref}]")
    assert info["reward_parts"]["violations"] == 1.0
    assert not info["success"]
    env.close()


def test_pictures_in_a_goal_stay() -> None:
    env = gymnasium.make("clickwright/miniwob.click-menu-2-v0", variant="constraint")
    world: Any = env.unwrapped
    num_pictures = 0
    for seed in range(4):
        assert solve(env, seed)["success"], world.goal.text
        num_pictures += world.surface.evaluate("document.querySelectorAll('#query .ui-icon').length")
    assert num_pictures > 0
    env.close()


def test_pressing_something_else_does_not_solve_what_cannot_be_solved() -> None:
    env = gymnasium.make(BUTTON, variant="infeasible")
    world: Any = env.unwrapped
    env.reset(seed=1)
    asked = world.goal.params["infeasible"]
    assert asked["in_sight"]
    ref = next(element.ref for element in world.view.elements if element.name == asked["instead_of"])
    _, reward, terminated, _, info = env.step(f"click [{ref}]")
    assert (reward, terminated, info["success"], info["raw_reward"] > 0) == (0.0, True, False, True)
    env.close()
