"""Frames on their way in and out: that of an observation, and the pixels of one that was stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clickwright.envs.frames import frame_of_pixels, frame_of_png
from clickwright.envs.surface import Frame
from clickwright.errors import DamagedFileError


def is_image(value: object) -> bool:
    """Whether an observation looks like pixels."""
    return (
        isinstance(value, np.ndarray)
        and value.dtype == np.uint8
        and (value.ndim == 2 or (value.ndim == 3 and value.shape[2] in (3, 4)))
        and min(value.shape[:2]) >= 8
    )


def frame_of_observation(obs: object, info: Mapping[str, Any]) -> Frame | None:
    """The frame an observation shows: the encoded one in ``info["frame"]`` if there is one, else its pixels."""
    given = info.get("frame")
    if isinstance(given, Frame):
        return given
    if isinstance(given, Mapping) and given:
        return frame_of_png(given["png"], sha256=given["sha256"])
    screen = obs.get("screen") if isinstance(obs, Mapping) else obs
    return frame_of_pixels(np.asarray(screen)) if is_image(screen) else None


def stored_pixels(frame: Frame) -> NDArray[np.uint8]:
    """A stored frame as H x W x 3.

    Its bytes may be those that were recorded and be no whole picture all the same: they were cut short before that.

    Raises:
        DamagedFileError: It cannot be decoded, or is of another size than it says.
    """
    from PIL import Image

    try:
        pixels = frame.pixels()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DamagedFileError(f"frame {frame.sha256[:12]} cannot be decoded: {error}") from None
    if pixels.shape[:2] != (frame.height_px, frame.width_px):
        raise DamagedFileError(
            f"frame {frame.sha256[:12]} is {pixels.shape[1]} x {pixels.shape[0]} pixels, "
            f"not {frame.width_px} x {frame.height_px} as it says"
        )
    return pixels
