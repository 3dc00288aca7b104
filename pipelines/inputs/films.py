"""Films: frames of an MP4 or GIF file, or of a folder of pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from limn.errors import InputError
from pipelines.inputs.pictures import PICTURES, fit, read_picture

os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")  # what is wrong with a file is said once, by us

FRAMES = 12
"""That are taken of a film, as in CLIP4Clip (Luo et al. 2021)."""

FILMS = (".mp4", ".mov", ".webm")
"""Endings of the files that are films for every reader; a GIF may also be a picture."""


def read_film(path: str | Path, shape: tuple[int, int], count: int = FRAMES) -> Tensor:
    """Frames of a film, the middles of as many equal parts.

    Args:
        path: MP4, MOV, WebM or GIF; or a folder of pictures, whose names are in their order.
        shape: height and width of the canvas that they are fitted into, in pixels.
        count: how many; all of them where the film has no more.

    Returns:
        [T, 3, height, width], sRGB values in 0..1.

    Raises:
        InputError: no such file, or one that cannot be read.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if file.suffix.lower() in PICTURES)
        if not files:
            raise InputError(f"film {str(path)!r}: the folder has no pictures; expected {', '.join(PICTURES)}")
        found = [read_picture(files[index]) for index in middles(len(files), count)]
    elif not path.is_file():
        raise InputError(f"film {str(path)!r}: no such file")
    else:
        found = list(_of_gif(path, count) if path.suffix.lower() == ".gif" else _of_video(path, count))
    return torch.cat([fit(picture, shape) for picture in found])


def middles(total: int, count: int) -> list[int]:
    """The numbers of frames in the middles of ``count`` equal parts of ``total`` frames, or all of them."""
    count = min(total, count)
    return [(2 * part + 1) * total // (2 * count) for part in range(count)]


def _of_gif(path: Path, count: int) -> Iterator[Image.Image]:
    read_picture(path)  # says what is wrong with it
    with Image.open(path, formats=["GIF"]) as picture:
        for index in middles(getattr(picture, "n_frames", 1), count):
            picture.seek(index)
            yield picture.convert("RGBA")


def _of_video(path: Path, count: int) -> Iterator[Image.Image]:
    total = sum(1 for _ in _decoded(path))
    if not total:
        raise InputError(f"film {str(path)!r}: not a readable film; expected MP4, MOV, WebM or GIF")
    wanted = set(middles(total, count))
    for index, film in enumerate(_decoded(path)):
        if index in wanted:
            yield Image.fromarray(film.retrieve()[1][..., ::-1])


def _decoded(path: Path) -> Iterator[Any]:
    """OpenCV's film, once at each of its frames; what a file states of their number is often wrong."""
    import cv2

    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    while film.grab():
        yield film
    film.release()
