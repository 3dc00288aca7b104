"""Sheets: all candidates and views of a moment in one picture, and back."""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from renderers.files import write_file
from renderers.frames import Frames

Pixels = npt.NDArray[np.uint8]


def to_bytes(picture: Tensor) -> Pixels:
    """A picture [3, H, W] in 0..1 as bytes [H, W, 3]."""
    array: Pixels = cv2.merge(list(_quantised(picture).numpy()))  # torch and numpy take many times as long
    return array


def _quantised(values: Tensor) -> Tensor:
    """Numbers in 0..1 as bytes on the CPU."""
    return values.detach().nan_to_num(0.0).clamp_(0, 1).mul_(255).add_(0.5).to(torch.uint8).cpu()


def png(pixels: Pixels) -> bytes:
    """A PNG of [H, W, 3] bytes."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def quick_png(pixels: Pixels) -> bytes:
    """A PNG of [H, W] or [H, W, 3] bytes in a fifth of the time, for what is written step by step.

    Every byte less the one to its left, then zlib's fastest; libraries weigh up filters row by row.
    """
    height, width, *channels = pixels.shape
    step = 3 if channels else 1
    bytes_ = pixels.reshape(height, -1)
    lines = np.empty((height, 1 + bytes_.shape[1]), np.uint8)
    lines[:, 0] = 1
    lines[:, 1 : 1 + step] = bytes_[:, :step]
    np.subtract(bytes_[:, step:], bytes_[:, :-step], out=lines[:, 1 + step :])
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if channels else 0, 0, 0, 0)
    chunks = [b"IHDR" + header, b"IDAT" + zlib.compress(lines.data, 1), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk)) for chunk in chunks
    )


def pictures(frames: Frames) -> list[Pixels]:
    """One picture a candidate, its views laid out by `tiled`."""
    views = frames.rgb.shape[1]
    return [tiled(to_bytes(torch.cat(list(candidate), dim=-1)), views) for candidate in frames.rgb]


def tiled(row: Pixels, views: int) -> Pixels:
    """Breaks a row of views [H, V * W, 3] into a grid, as square as it can be without a gap."""
    columns = next(n for n in range(math.ceil(math.sqrt(views)), views + 1) if views % n == 0)
    return np.concatenate(np.split(row, views // columns, axis=1))


def write_sheet(file: Path, frames: Frames, rows: Sequence[int], count: int) -> None:
    """Writes candidates (rows) and views (columns) as one PNG.

    Args:
        file: where to.
        frames: S candidates.
        rows: the row of each [S].
        count: how many rows there are; those of nobody are white.
    """
    _, v, c, h, w = frames.rgb.shape
    sheet = np.full((c, count, h, v, w), 255, np.uint8)
    sheet[:, list(rows)] = _quantised(frames.rgb).numpy().transpose(2, 0, 3, 1, 4)
    red, green, blue = sheet.reshape(c, count * h, v * w)
    grey = np.array_equal(red, green) and np.array_equal(red, blue)
    write_file(file, quick_png(red if grey else cv2.merge([red, green, blue])))


def read_row(file: Path, candidate: int, candidates: int) -> Pixels:
    """The row [H, V * W, 3] of one candidate from a sheet."""
    with Image.open(file) as image:
        pixels = np.asarray(image.convert("RGB"))
    height = pixels.shape[0] // candidates
    return pixels[candidate * height : (candidate + 1) * height]
