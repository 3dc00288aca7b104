"""Masks: pictures that say which part of another picture is the object, white on it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from limn.errors import InputError
from pipelines.inputs.pictures import read_picture

PROPORTIONS = 0.03
"""How far the proportions of a mask may be from those of its picture."""

LEAST = 1e-3
"""Share of a mask that is white, or black, where it says anything."""


def read_mask(path: str | Path, size: tuple[int, int]) -> tuple[Image.Image, str]:
    """Reads a mask as people have them: of any size and mode, with values 0 and 1, in the alpha channel, inverted.

    Args:
        path: of a picture.
        size: width and height of the picture that it belongs to.

    Returns:
        The mask in mode L and that size, 255 on the object, and what was done to understand it, in a line that may be
        empty.

    Raises:
        InputError: it cannot be read, has other proportions than the picture, or is black everywhere.
    """
    where = f"mask {str(path)!r}"
    given = read_picture(path)
    if abs(np.log(given.width * size[1] / (given.height * size[0]))) > PROPORTIONS:
        sides = f"{given.width} x {given.height} pixels, but the picture is {size[0]} x {size[1]}"
        raise InputError(f"{where}: is {sides}; expected a mask with the proportions of the picture")
    white, told = _white(given)
    if (white > 127).mean() < LEAST:
        raise InputError(f"{where}: is black everywhere; expected white on the object")
    if (white > 127).mean() > 1 - LEAST:
        told.append("it is white everywhere")
    elif _inverted(white):
        white = 255 - white
        told.append("it has white around black, so black is taken as the object")
    mask = Image.fromarray(white)
    if mask.size != size:
        mask = mask.resize(size, Image.Resampling.BILINEAR)
    return mask, "; ".join(told)


def _white(given: Image.Image) -> tuple[np.ndarray, list[str]]:
    """How white a mask is [H, W] uint8; its brightest value is white."""
    alpha = np.asarray(given.getchannel("A"))
    if alpha.min() < 128:
        return alpha, ["its transparency is taken"]
    grey = np.asarray(given.convert("RGB").convert("L"))
    brightest = int(grey.max())
    if 0 < brightest < 128:
        return np.round(grey * (255 / brightest)).astype(np.uint8), [f"its brightest value, {brightest}, is white"]
    return grey, []


def _inverted(white: np.ndarray) -> bool:
    rim = np.concatenate([white[0], white[-1], white[:, 0], white[:, -1]]) > 127
    return bool(rim.mean() > 0.95)
