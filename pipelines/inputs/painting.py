"""Painting: the brush strokes that a painting begins with, from wide to narrow."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from pipelines.inputs.tracing import along, fitted_cubics

TURN = 0.5
"""How much of a stroke's direction is new at each point, the rest is that of the point before."""

SHORTEST, LONGEST = 3.0, 8.0
"""Length of a stroke over its width."""

AGAIN = 0.5
"""How much less the error counts where a brush of this width has been already."""


def paint_strokes(
    picture: Tensor, widths: Sequence[float], segments: int, draws: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Brush strokes over a picture, each where the painting so far differs most from the picture.

    Every width sees the picture as blurred as it can paint it. A stroke begins where the error around it is largest,
    follows the lines of equal brightness and ends where what lies beneath is nearer to the picture than its colour.

    Args:
        picture: [3, H, W] in 0..1.
        widths: of the strokes in the order in which they are painted, in pixels [P].
        segments: cubics in a stroke.
        draws: chooses between places that are nearly as bad.

    Returns:
        Control points [P, 3 * segments + 1, 2] in pixels, x and y, and colours [P, 3].

    Source: Hertzmann, Painterly Rendering with Curved Brush Strokes of Multiple Sizes, 1998.
    """
    import cv2

    given = picture.permute(1, 2, 0).double().cpu().numpy()
    canvas, tried = np.ones_like(given), np.ones(given.shape[:2])
    seen, directions, before = given, np.zeros_like(given[..., :2]), 0.0
    points, colours = [], []
    for width in widths:
        if width != before:
            seen, before = cv2.GaussianBlur(given, (0, 0), max(0.5, width / 4)), width
            directions = along(seen.mean(axis=-1), max(1.0, width / 3))
            tried = 1 + 0.1 * torch.rand(*tried.shape, generator=draws, dtype=torch.float64).numpy()
        start = _worst(np.abs(seen - canvas).sum(axis=-1) * tried, width)
        line = _line(seen, canvas, directions, start, width)
        ink = np.zeros(tried.shape, np.uint8)
        cv2.polylines(ink, [(16 * line).round().astype(np.int32)], False, 255, max(1, round(width)), cv2.LINE_AA, 4)
        cover = (ink / 255.0)[..., None]
        colour = (cover * seen).sum(axis=(0, 1)) / cover.sum()
        canvas += cover * (colour - canvas)
        tried *= 1 - AGAIN * cover[..., 0]
        points.append(fitted_cubics(line, segments)[0])
        colours.append(torch.from_numpy(colour))
    return torch.stack(points), torch.stack(colours).float()


def _worst(error: np.ndarray, width: float) -> np.ndarray:
    """The place with the largest error under a brush, x and y."""
    import cv2

    side = 2 * round(width / 2) + 1
    around = cv2.blur(error, (side, side))
    y, x = np.unravel_index(around.argmax(), around.shape)
    return np.array([x + 0.5, y + 0.5])


def _line(seen: np.ndarray, canvas: np.ndarray, directions: np.ndarray, start: np.ndarray, width: float) -> np.ndarray:
    """The points of a stroke through a place [n, 2]."""
    size = np.array(seen.shape[1::-1])

    def at(field: np.ndarray, place: np.ndarray) -> np.ndarray:
        x, y = place.astype(int)
        found: np.ndarray = field[y, x]
        return found

    colour, step = at(seen, start), max(1.0, width / 4)
    sides = []
    for sign in (1.0, -1.0):
        place, way = start, sign * at(directions, start)
        side = [start + way / 2]
        for count in range(round(LONGEST * width / 2 / step)):
            ahead = at(directions, place)
            way = way * (1 - TURN) + TURN * ahead * (1.0 if ahead @ way >= 0 else -1.0)
            place = place + step * way / max(float(np.linalg.norm(way)), 1e-9)
            if (place < 0).any() or (place >= size).any():
                break
            wanted = at(seen, place)
            worse = np.abs(wanted - colour).sum() > np.abs(wanted - at(canvas, place)).sum()
            if worse and count * step > SHORTEST * width / 2:
                break
            side.append(place)
        sides.append(side)
    return np.stack([*sides[1][::-1], *sides[0]])
