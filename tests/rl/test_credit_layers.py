"""Advantages as layers: new episodes once, replayed ones by iteration, session and occurrence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from clickwright.errors import ConfigError
from clickwright.rl.advantages.base import Advantages
from clickwright.rl.credit_layers import record_credit
from clickwright.trajectories.layers import Layers
from tests.rl.episodes import episode, group_of, recorded


def credit(*values: float) -> Advantages:
    return Advantages(total=np.asarray(values), parts={"step": -np.asarray(values)})


def test_replayed_credit_never_meets_what_was_given_before(tmp_path: Path) -> None:
    old, new, third = episode("old", 1.0), episode("new", 0.0, iteration=4), episode("third", 0.0, iteration=4)
    recorded(tmp_path, [old, new, third])
    layers = Layers(tmp_path)
    record_credit(layers, [group_of([old])], credit(0.5), producer="grpo", iteration=0)
    twice = [group_of([old, new], name="a"), group_of([old, third], name="b")]
    record_credit(layers, twice, credit(1.0, -1.0, 2.0, -2.0), producer="grpo", iteration=4)
    record_credit(layers, [group_of([old])], credit(3.0), producer="grpo", iteration=5)
    # A session that takes the run up does iteration 4 again.
    record_credit(layers, [group_of([old])], credit(4.0), producer="grpo", iteration=4, session=".r1")
    assert layers.read("advantage", 1) == {("old", 0): 0.5, ("new", 0): -1.0, ("third", 0): -2.0}
    assert layers.read("advantage.replayed", 5) == {("old", 0): 1.0}
    assert layers.read("advantage.replayed.2", 5) == {("old", 0): 2.0}
    assert layers.read("advantage.replayed", 6) == {("old", 0): 3.0}
    assert layers.read("advantage.replayed.r1", 5) == {("old", 0): 4.0}
    assert layers.read("advantage.step.replayed", 5) == {("old", 0): -1.0}
    with pytest.raises(ConfigError, match="never replaced"):
        record_credit(layers, [group_of([new])], credit(9.0), producer="grpo", iteration=4)
