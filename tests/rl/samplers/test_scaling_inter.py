"""ScalingInter: the horizon by iteration, around any sampler."""

from __future__ import annotations

import pytest

from clickwright.errors import ConfigError, UnknownNameError
from clickwright.rl.samplers import SAMPLERS
from clickwright.rl.samplers.around import layers
from tests.rl.tries import moment, through_json


def test_worked_numbers() -> None:
    sampler = SAMPLERS.build("scaling_inter")
    # Steps 1 to 80 have 8, 81 to 160 have 12, all later ones 15; a resume at step g is in stage min(g // 80, 2).
    for step, expected in ((1, 8), (80, 8), (81, 12), (160, 12), (161, 15), (1000, 15)):
        plans = sampler.plan(moment(step - 1, max_iterations=2000))
        assert {plan.max_steps for plan in plans} == {expected}
        assert sampler.metrics()["sampler/horizon"] == expected


def test_an_inner_sampler_chooses_the_tasks() -> None:
    inner, outer = SAMPLERS.build("adastar"), SAMPLERS.build("scaling_inter", {"of": {"name": "adastar"}})
    assert [plan.task for plan in outer.plan(moment())] == [plan.task for plan in inner.plan(moment())]
    assert outer.state() == {"of": inner.state()}
    again = SAMPLERS.build("scaling_inter", {"of": {"name": "adastar"}})
    again.restore(through_json(outer.state()))
    assert through_json(again.state()) == through_json(outer.state())
    assert "sampler/tasks_tried" in outer.metrics()


def test_the_shorter_of_two_horizons_counts() -> None:
    within = {"name": "scaling_inter", "rounds": [5, 20]}
    both = SAMPLERS.build("scaling_inter", {"rounds": [8, 12], "of": {"name": "gvm", "of": within}})
    assert {plan.max_steps for plan in both.plan(moment())} == {5}
    assert [type(one).__name__ for one in layers(both)] == ["ScalingInter", "Gvm", "ScalingInter", "Balanced"]


def test_options_that_make_no_curriculum_are_refused() -> None:
    for rounds in ([8], [8, 8], [12, 8], [0, 8], []):
        with pytest.raises(ConfigError, match="rounds"):
            SAMPLERS.build("scaling_inter", {"rounds": rounds})
    with pytest.raises(UnknownNameError, match="did you mean adastar"):
        SAMPLERS.build("scaling_inter", {"of": {"name": "adastr"}})
    with pytest.raises(UnknownNameError, match="did you mean focus"):
        SAMPLERS.build("scaling_inter", {"of": {"focsu": 0.5}})
