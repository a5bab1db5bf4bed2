"""A recorded picture that was cut short spoils its own episode's replay, and nothing else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from clickwright.agents.rollouts import rollouts
from clickwright.envs.surface import Frame
from clickwright.errors import DamagedFileError
from clickwright.trajectories.frames import stored_pixels
from clickwright.trajectories.reader import StoreReader
from clickwright.trajectories.replay.commands import verify_run
from clickwright.trajectories.replay.verdicts import Verdict
from clickwright.trajectories.replay.verify import verify
from tests.trajectories.replay.tamper import change_frame
from tests.trajectories.replay.worlds_to_record import SOKOBAN


def cut(frame: Frame) -> Frame:
    """A frame whose bytes end early; its name is that of these bytes."""
    png = frame.png[: len(frame.png) // 2]
    return Frame(
        png=png, width_px=frame.width_px, height_px=frame.height_px, sha256=hashlib.sha256(png).hexdigest()
    )  # fmt: skip


def test_a_truncated_image_is_an_error_of_its_episode(tmp_path: Path) -> None:
    for _ in rollouts(SOKOBAN, "oracle", episodes=2, record=tmp_path):
        pass
    with StoreReader(tmp_path) as reader:
        first, second = reader.ids()
    change_frame(tmp_path, first, 1, cut)
    with StoreReader(tmp_path) as reader:
        found = verify(reader, reader.ids(), pictures=tmp_path / "pictures")
    assert [each.verdict for each in found] == [Verdict.ERROR, Verdict.IDENTICAL]
    assert "cannot be decoded" in found[0].detail
    text, good = verify_run(tmp_path)
    assert not good
    assert "1 of 2 identical" in text
    assert second


def test_a_frame_of_another_size_than_it_says(make_frame) -> None:
    frame = make_frame(90)
    wrong = Frame(png=frame.png, width_px=frame.width_px + 1, height_px=frame.height_px, sha256=frame.sha256)
    with pytest.raises(DamagedFileError, match="as it says"):
        stored_pixels(wrong)
    assert stored_pixels(frame).shape == (frame.height_px, frame.width_px, 3)
