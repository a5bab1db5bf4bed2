import subprocess
import sys

import gymnasium
import pytest
from gymnasium.envs.registration import EnvSpec

import clickwright
from clickwright.envs.registration import FAMILIES, NAMESPACE, make_task_env, register_all
from clickwright.envs.web.miniwob.catalog import TASK_NAMES
from clickwright.errors import ConfigError, UnknownNameError
from tests.envs.counter_env import LightsOut, LightsSurface

IMPORT_PROBE = """
import sys, warnings
warnings.simplefilter("error")
sys.modules["miniwob"] = None
sys.modules["playwright"] = None
import clickwright, gymnasium
heavy = {name.partition(".")[0] for name in sys.modules} & {"torch", "transformers", "PIL", "matplotlib"}
heavy |= {name for name in sys.modules if name.endswith((".search.task", ".sokoban.task", ".trail.task", ".task_env"))}
assert not heavy, heavy
assert "clickwright/miniwob.click-test-2-v0" in gymnasium.registry
"""


def test_every_miniwob_task_has_an_id_whose_specification_is_json():
    ids = [f"{NAMESPACE}/miniwob.{name}-v0" for name in TASK_NAMES]
    assert len(set(ids)) >= 120
    for env_id in ids:
        spec = gymnasium.spec(env_id)
        assert isinstance(spec.entry_point, str)
        assert spec.max_episode_steps is None
        assert EnvSpec.from_json(spec.to_json()) == spec


@pytest.mark.parametrize("name", ["search.two-hop", "sokoban.one-box", "trail.long"])
def test_games_and_search_have_ids_like_everything_else(name):
    spec = gymnasium.spec(f"{NAMESPACE}/{name}-v0")
    assert spec.kwargs == dict(zip(("family", "task"), name.split("."), strict=True))
    assert EnvSpec.from_json(spec.to_json()) == spec


def test_registering_twice_says_nothing():
    before = dict(gymnasium.registry)
    register_all()
    assert gymnasium.registry == before


def test_a_near_miss_gets_the_nearest_name():
    with pytest.raises(gymnasium.error.NameNotFound, match=r"miniwob\.click-test-2"):
        gymnasium.make("clickwright/miniwob.clik-test-2-v0")


def test_importing_is_light_and_needs_no_extra():
    subprocess.run([sys.executable, "-c", IMPORT_PROBE], check=True)


def test_the_list_names_them_all():
    envs = clickwright.list_envs()
    assert len(envs) == len(TASK_NAMES) + 9
    assert [env.id for env in envs] == sorted(env.id for env in envs)
    assert {env.family for env in envs} == set(FAMILIES) == {"miniwob", "search", "sokoban", "trail"}
    assert {env.profile for env in envs} == {"web", "search", "game"}
    assert sum(env.oracle for env in envs) >= 60
    assert all(env.id in gymnasium.registry for env in envs)


def test_a_task_of_ones_own():
    clickwright.register_env("test/own-v0", surface=LightsSurface, task=LightsOut, max_steps=3)
    env = gymnasium.make("test/own-v0", observe="screen")
    assert env.spec.kwargs["surface"] == "tests.envs.counter_env:LightsSurface"
    assert EnvSpec.from_json(env.spec.to_json()) == env.spec
    seen, _ = env.reset(seed=0)
    assert set(seen) == {"goal", "error", "screen"}
    assert env.unwrapped.rules.max_steps == 3
    env.close()


def test_a_task_that_has_no_name_is_refused():
    with pytest.raises(ConfigError, match=r"cannot (load|be found again)"):
        clickwright.register_env("test/nameless-v0", surface=LightsSurface, task=lambda: LightsOut())
    clickwright.register_env("test/nowhere-v0", surface="no.such.module:Board", task=LightsOut)
    with pytest.raises(ConfigError, match=r"no\.such\.module"):
        gymnasium.make("test/nowhere-v0")


def test_an_unknown_family_gets_the_nearest():
    with pytest.raises(UnknownNameError, match="sokoban"):
        make_task_env(family="sokobann", task="one-box")
