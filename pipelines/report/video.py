"""Films of a run: MP4 and GIF."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from PIL import Image

from pipelines.loop.contact_sheets import ByteImage


def write_mp4(file: str | Path, pictures: Sequence[ByteImage], fps: int, hold: float = 1.0) -> None:
    """Writes H.264 that every player shows (yuv420p, even size).

    Args:
        file: ends in ``.mp4``.
        pictures: [H, W, 3] bytes, all of one size.
        fps: pictures a second.
        hold: how many seconds longer the last picture stays.
    """
    file = Path(file)
    padded = [_even(picture) for picture in pictures]
    height, width = padded[0].shape[:2]
    writer = imageio_ffmpeg.write_frames(
        str(file),
        (width, height),
        fps=fps,
        codec="libx264",
        pix_fmt_in="rgb24",
        pix_fmt_out="yuv420p",
        macro_block_size=1,
        quality=None,
        output_params=["-crf", "16", "-preset", "veryfast", "-movflags", "+faststart"],
    )
    writer.send(None)
    try:
        for picture in padded + padded[-1:] * round(hold * fps):
            writer.send(np.ascontiguousarray(picture))
    except OSError as error:
        raise OSError("ffmpeg stopped; is the disk full?") from error
    finally:
        writer.close()
    if not file.is_file() or file.stat().st_size == 0:
        raise OSError("ffmpeg wrote nothing; is the disk full?")


def write_gif(file: str | Path, pictures: Sequence[ByteImage], fps: int, hold: float = 1.0) -> None:
    """Writes a GIF that repeats for ever.

    Args:
        file: ends in ``.gif``.
        pictures: [H, W, 3] bytes, all of one size.
        fps: pictures a second; GIF knows hundredths of a second and no less than two of them.
        hold: how many seconds longer the last picture stays.
    """
    file = Path(file)
    milliseconds = max(20, round(100 / fps) * 10)
    first, *others = [Image.fromarray(picture).quantize(128) for picture in pictures]
    durations = [milliseconds] * len(others) + [milliseconds + round(1000 * hold)]
    first.save(file, save_all=True, append_images=others, duration=durations, loop=0, optimize=False)


FILMS: dict[str, Callable[..., None]] = {"mp4": write_mp4, "gif": write_gif}
"""What writes each kind of film."""


def _even(picture: ByteImage) -> ByteImage:
    """Repeats the last row or column where there is an odd number of them, which yuv420p cannot hold."""
    height, width = picture.shape[:2]
    return np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
