"""Reports of replays, as ``traj replay`` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from clickwright.envs.frames import frame_of_pixels
from clickwright.trajectories.replay.pictures import write_picture
from clickwright.trajectories.replay.report import write_report
from clickwright.trajectories.replay.verdicts import EpisodeReplay


def difference(level: str, detail: str) -> dict[str, str]:
    return {"level": level, "detail": detail}


def replayed(run: Path, version: int, episode: str, **fields: Any) -> None:
    """Write a report about one episode, as ``traj replay`` does."""
    write_report(run / "replays" / str(version), [EpisodeReplay.model_validate({"episode": episode} | fields)])


def diverged(run: Path, version: int = 2, episode: str = "group-a-0") -> None:
    """An episode that went another way in its second step, with a picture."""
    frames = [frame_of_pixels(np.full((48, 64, 3), shade, np.uint8)) for shade in (90, 200)]
    picture = write_picture(run / "replays" / str(version), episode, t=1, recorded=frames[0], found=frames[1])
    replayed(
        run, version, episode, verdict="diverged", t=1, level="tiles", detail="all of it", picture=picture.name,
        pixels="compared", num_rows=4, rows_compared=4,
        rows={1: [difference("tiles", "4 of 4 tiles"), difference("state", "digest 'x' -> '<b>y</b>'")],
              2: [difference("structure", "text: -Save; +Gone")]},
    )  # fmt: skip
