from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from clickwright.rl import train
from tests.rl import doors
from tests.rl.recipes import doors_recipe
from tests.rl.recorded import ROLL_OUT, SAME_AGAIN, silent


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small models are faster on one thread, and their sums do not depend on the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def doors_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that knows 40 % of the way out of the house of doors; also registers its environments."""
    doors.register()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    path = doors.write_model(tmp_path_factory.mktemp("model"))
    torch.set_num_threads(threads)
    return path


@pytest.fixture(scope="session")
def misled_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that looks at the colour and likes the door beside the right one; also registers the environments."""
    doors.register()
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    path = doors.write_model(tmp_path_factory.mktemp("misled"), steps=200, known=0.5, shift=1)
    torch.set_num_threads(before)
    return path


@pytest.fixture(scope="session")
def misled_run(misled_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tries of the misled model."""
    run = tmp_path_factory.mktemp("misled-run") / "run"
    train(doors_recipe(misled_model, train=ROLL_OUT, rollout=SAME_AGAIN), run_dir=run, say=silent)
    return run


@pytest.fixture(scope="session")
def tried_run(doors_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Tries of the model that is a bit better than chance."""
    run = tmp_path_factory.mktemp("tried-run") / "run"
    train(doors_recipe(doors_model, train=ROLL_OUT, rollout=SAME_AGAIN), run_dir=run, say=silent)
    return run


@pytest.fixture
def copied_run(misled_run: Path, tmp_path: Path) -> Path:
    """A copy of the misled model's tries, whose opinions are its own."""
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "episodes.sqlite").write_bytes((misled_run / "episodes.sqlite").read_bytes())
    return copy
