"""Run by test_arpo_miniwob.py in a process of its own: ``clickwright train``, killed when a given step is recorded."""

from __future__ import annotations

import os
import signal
import sys

from clickwright.cli import main
from clickwright.envs.surface import Frame
from clickwright.trajectories.records import Step
from clickwright.trajectories.store import StoreWriter


def die_at(episode: str) -> None:
    """Die as by ``kill -9`` as soon as the first step of an episode is recorded."""
    append = StoreWriter.append

    def deadly(self: StoreWriter, episode_id: str, step: Step, *, frame: Frame | None = None) -> None:
        append(self, episode_id, step, frame=frame)
        if episode_id == episode:
            os.kill(os.getpid(), signal.SIGKILL)

    StoreWriter.append = deadly  # type: ignore[method-assign]


if __name__ == "__main__":
    die_at(sys.argv[1])
    sys.exit(main(sys.argv[2:]))
