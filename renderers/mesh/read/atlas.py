"""Atlas: the pictures of several textures side by side in one, so that nothing has to be unwrapped or resampled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from renderers.mesh.read.part import Floats, Integers, Texture
from renderers.mesh.texels import wrapped
from renderers.scene.colour import to_linear, to_srgb

BORDER = 8  # pixels around each picture that continue it, for filters and the first mipmaps
LARGEST = 4096
REPEATED = 2048  # pixels that a picture which repeats may take along an axis, unless it is larger itself
ALMOST = 1e-4


@dataclass
class Piece:
    """A picture, or a plain colour, and the faces that show it.

    Args:
        texture: None for a plain colour.
        tint: linear light that multiplies it [3].
        faces: their numbers [n].
        uv: at their corners [n, 3, 2]; not used for a plain colour.
    """

    texture: Texture | None
    tint: Floats
    faces: Integers
    uv: Floats

    def __post_init__(self) -> None:
        if self.texture is None:
            self.uv, self.low, self.size = np.full_like(self.uv, 0.5), np.zeros(2, int), np.ones(2, int)
            self.pixels = np.ones(2)
            return
        self.pixels = np.array(self.texture.pixels.shape[1::-1], float)
        period = np.array([{"repeat": 1.0, "mirror": 2.0, "clamp": 0.0}[wrap] for wrap in self.texture.wrap])
        tiles = np.floor(self.uv.min(1) / np.maximum(period, 1) + ALMOST) * period
        self.uv = self.uv - tiles[:, None]
        flat = self.uv.reshape(-1, 2) * self.pixels
        low, high = np.floor(flat.min(0) - 0.5 + ALMOST), np.ceil(flat.max(0) + 0.5 - ALMOST)
        whole = (low >= -1) & (high <= self.pixels + 1)
        self.low = np.where(whole, np.maximum(low, 0), low).astype(int)
        self.size = np.where(whole, np.minimum(high, self.pixels), high).astype(int) - self.low

    def picture(self, size: tuple[int, int]) -> NDArray[np.float32]:
        """The part of the picture that is shown, at a size (width, height) without its border: sRGB [h, w, 3]."""
        if self.texture is None:
            block = np.full((1 + 2 * BORDER, 1 + 2 * BORDER, 3), 255, np.uint8)
        else:
            block = self._block(size)
        light = to_linear(torch.arange(256).double() / 255)[:, None] * torch.from_numpy(self.tint.clip(0, 1))
        table = to_srgb(light).float().numpy()
        return np.stack([table[:, channel][block[..., channel]] for channel in range(3)], -1)

    def _block(self, size: tuple[int, int]) -> NDArray[np.uint8]:
        assert self.texture is not None
        pixels, places = self.texture.pixels, []
        if size != tuple(self.size):
            small = np.maximum((self.pixels * size / self.size).round(), 1).astype(int)
            import cv2

            pixels = cv2.resize(pixels, small.tolist(), interpolation=cv2.INTER_AREA)
        for low, full, now, whole, part in zip(
            self.low, self.size, size, self.pixels, pixels.shape[1::-1], strict=True
        ):
            centres = low + (np.arange(-BORDER, now + BORDER) + 0.5) * (full / now)
            places.append(centres * (part / whole) - 0.5)
        block = _read(pixels, places[0], 1, self.texture.wrap[0])
        return _read(block, places[1], 0, self.texture.wrap[1])


def atlas(pieces: list[Piece], count: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Places pieces side by side.

    Args:
        pieces: that have all faces between them.
        count: F, of the faces.

    Returns:
        The picture, sRGB in 0..1 [H, W, 3]; texture coordinates of the corners [F, 3, 2].
    """
    full = np.array([np.minimum(piece.size, np.maximum(piece.pixels, REPEATED)) for piece in pieces])
    scale = 1.0
    while True:
        sizes = np.maximum(np.minimum(full, LARGEST - 2 * BORDER) * scale, 1).round().astype(int)
        places, width, height = _shelves(sizes + 2 * BORDER)
        if max(width, height) <= LARGEST:
            break
        scale *= 0.97 * min(1.0, LARGEST / max(width, height)) ** 0.5
    result = np.full((height, width, 3), 0.5, np.float32)
    uv = np.zeros((count, 3, 2), np.float32)
    for piece, place, size in zip(pieces, places, sizes, strict=True):
        picture = piece.picture((int(size[0]), int(size[1])))
        result[place[1] : place[1] + picture.shape[0], place[0] : place[0] + picture.shape[1]] = picture
        inside = (piece.uv * piece.pixels - piece.low) * (size / piece.size)
        uv[piece.faces] = (inside + place + BORDER) / [width, height]
    return result, uv


def _shelves(sizes: Integers) -> tuple[Integers, int, int]:
    """Places of rectangles [n, 2] in rows from the highest to the lowest, and the width and height of all."""
    width = max(int(sizes[:, 0].max()), int(np.ceil(np.sqrt(sizes.prod(1).sum() * 1.05))))
    width = min(max(width, 64), max(LARGEST, int(sizes[:, 0].max())))
    places, x, y, row = np.zeros_like(sizes), 0, 0, 0
    for index in np.lexsort((-sizes[:, 0], -sizes[:, 1])):
        across, down = sizes[index].tolist()
        if x + across > width:
            x, y, row = 0, y + row, 0
        places[index] = x, y
        x, row = x + across, max(row, down)
    return places, width, y + row


def _read(pixels: NDArray[np.uint8], places: Floats, axis: int, wrap: str) -> NDArray[np.uint8]:
    """Pixels at places along an axis, mixed between neighbours."""
    first, size = np.floor(places + ALMOST).astype(np.int64), pixels.shape[axis]
    share = (places - first).clip(0, 1)
    one = pixels.take(wrapped(first, size, wrap), axis)
    if share.max() < 2 * ALMOST:
        return one
    other = pixels.take(wrapped(first + 1, size, wrap), axis)
    weight = share.astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    mixed: NDArray[np.uint8] = (one + (other.astype(np.float32) - one) * weight + 0.5).astype(np.uint8)
    return mixed
