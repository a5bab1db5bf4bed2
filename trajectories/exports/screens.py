"""Screens as files, one for each picture, and as pixels of one size for formats that know only that."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clickwright.envs.surface import Frame
from clickwright.trajectories.exports.source import Source
from clickwright.trajectories.frames import stored_pixels

FOLDER = "images"
PADDED = "sizes of screens"
PADDED_WHY = "all screens of such a data set have one size: smaller ones are padded with black at the right and below"
NO_SCREEN = "steps without a screen"
NO_SCREEN_WHY = "every row of such a data set has a screen: a black one stands in its place"


class ScreenFiles:
    """Writes each picture once into ``images/``, named by its content.

    Args:
        source: Where screens come from.
        out: Folder of the export.
        inline: Return data URLs and write no files.
    """

    def __init__(self, source: Source, out: Path, *, inline: bool = False) -> None:
        self.source, self.out, self.inline = source, out, inline

    def place(self, sha256: str, *, above: str = "") -> str | None:
        """Where the picture is, relative to the folder of the export; ``None`` where there is none.

        Args:
            sha256: Which picture.
            above: What leads from the file that names it to the folder of the export, e.g. ``"../"``.
        """
        frame = self.source.frame(sha256)
        if frame is None:
            return None
        if self.inline:
            return f"data:image/png;base64,{base64.b64encode(frame.png).decode()}"
        path = self.out / FOLDER / f"{frame.sha256}.png"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(frame.png)
        return f"{above}{FOLDER}/{path.name}"


def largest_size(source: Source) -> tuple[int, int] | None:
    """Width and height in pixels that hold every screen of the chosen episodes; ``None`` where there are none."""
    sizes = {str(row[0]): (int(row[1]), int(row[2])) for row in source.reader.query(
        "SELECT sha256, width_px, height_px FROM frames"
    )}  # fmt: skip
    found = [sizes[sha] for sha in _hashes(source) if sha in sizes]
    return (max(width for width, _ in found), max(height for _, height in found)) if found else None


def _hashes(source: Source) -> set[str]:
    hashes = set()
    for head in source.heads():
        hashes.add(str(head.episode.final.get("frame_sha256", "")))
        hashes |= {step.frame_sha256 for step in source.reader.episode(head.episode.id).steps}
    return hashes


def padded_pixels(frame: Frame | None, size_px: tuple[int, int], source: Source) -> NDArray[np.uint8]:
    """H x W x 3 pixels of the given size, the screen at the top left."""
    width_px, height_px = size_px
    pixels = np.zeros((height_px, width_px, 3), np.uint8)
    if frame is None:
        source.report.lose(NO_SCREEN)
        return pixels
    if (frame.width_px, frame.height_px) != size_px:
        source.report.lose(PADDED)
    pixels[: frame.height_px, : frame.width_px] = stored_pixels(frame)
    return pixels


def padded_png(frame: Frame | None, size_px: tuple[int, int], source: Source) -> bytes:
    """PNG bytes of the given size; the recorded ones where they have it."""
    if frame is not None and (frame.width_px, frame.height_px) == size_px:
        return frame.png
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(padded_pixels(frame, size_px, source)).save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()
