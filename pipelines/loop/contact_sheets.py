"""Sheets: all candidates and views of a moment in one picture, and back."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from torch import Tensor

from limn.files import write_file
from limn.frames import Frames

ByteImage = npt.NDArray[np.uint8]


def to_bytes(picture: Tensor) -> ByteImage:
    """A picture [3, H, W] in 0..1 as bytes [H, W, 3]."""

    import cv2

    array: ByteImage = cv2.merge(list(_quantised(picture)))  # torch and numpy take many times as long
    return array


def _quantised(values: Tensor) -> ByteImage:
    """Numbers in 0..1 as bytes; what is no number becomes 0. OpenCV rounds ten times as fast as torch."""

    import cv2

    numbers = values.detach().cpu().contiguous().numpy()
    positive = cv2.max(numbers.reshape(len(numbers), -1), 0.0)
    array: ByteImage = cv2.convertScaleAbs(positive, alpha=255).reshape(numbers.shape)
    return array


def png(pixels: ByteImage) -> bytes:
    """A PNG of [H, W, 3] bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def pictures(frames: Frames) -> list[ByteImage]:
    """One picture a candidate, its views laid out by `tiled`."""
    views = frames.rgb.shape[1]
    return [tiled(to_bytes(torch.cat(list(candidate), dim=-1)), views) for candidate in frames.rgb]


def tiled(row: ByteImage, views: int) -> ByteImage:
    """Breaks a row of views [H, V * W, 3] into a grid, as square as it can be without a gap."""
    return np.concatenate(np.split(row, views // columns_of(views), axis=1))


def columns_of(views: int) -> int:
    """How many views are beside each other in the grid of `tiled`."""
    return next(n for n in range(math.ceil(math.sqrt(views)), views + 1) if views % n == 0)


def write_sheet(file: str | Path, frames: Frames, rows: Sequence[int], count: int) -> None:
    """Writes candidates (rows) and views (columns) as one PNG.

    Args:
        file: where to.
        frames: S candidates.
        rows: the row of each [S].
        count: how many rows there are; those of nobody are white.
    """

    import cv2

    rgb = frames.rgb.detach().cpu()
    colours = rgb[:, :, :1] if _grey(rgb) else rgb
    _, v, c, h, w = colours.shape
    sheet = np.full((c, count, h, v, w), 255, np.uint8)
    sheet[:, list(rows)] = _quantised(colours).transpose(2, 0, 3, 1, 4)
    channels = sheet.reshape(c, count * h, v * w)
    # Written step by step: OpenCV takes a fifth of Pillow's time; drawings in black compress best without a filter.
    if c == 1:
        _, encoded = cv2.imencode(".png", channels[0], [cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_NONE])
    else:
        _, encoded = cv2.imencode(".png", cv2.merge(list(channels[::-1])))
    write_file(file, encoded.tobytes())


def _grey(rgb: Tensor) -> bool:
    """True if the three colours of all pictures [S, V, 3, H, W] are the same."""
    red, *others = rgb.numpy().swapaxes(0, 2)
    return all(np.array_equal(red, other) for other in others)


def read_row(file: str | Path, candidate: int, candidates: int) -> ByteImage | None:
    """The row [H, V * W, 3] of one candidate from a sheet; None where the file is damaged."""
    file = Path(file)
    try:
        with PngImageFile(file) as image:  # `Image.open` refuses sheets of hundreds of candidates
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError):
        return None
    height, rest = divmod(pixels.shape[0], candidates)
    if height == 0 or rest:
        return None
    return pixels[candidate * height : (candidate + 1) * height]
