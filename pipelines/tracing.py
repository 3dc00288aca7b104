"""Tracing: the strokes that a sketch begins with lie along edges of its picture."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from torch import Tensor

from pipelines.saliency import sample_starts

TRIES = 6
"""Lines that are traced for each stroke; the longest is taken."""

SPACING = 0.03
"""Strokes keep this far from each other at first, as a fraction of the picture."""

THROUGH = np.linalg.inv(
    np.array([[(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3] for t in (0, 1 / 3, 2 / 3, 1)])
)
"""Takes points at the thirds of a cubic to its control points."""


def trace_strokes(
    picture: Tensor, saliency: Tensor, edges: Tensor, count: int, length: float, segments: int, draws: torch.Generator
) -> Tensor:
    """Strokes along the edges of a picture.

    Starts are drawn with probability softmax(saliency * edges / 0.3) (CLIPasso, Vinker et al. 2022, section 3.2); from
    there a line runs both ways along the edge (the minor axis of the structure tensor, Bigün and Granlund 1987) until
    the edge ends. Of some lines the longest becomes a stroke, and others stay away from it.

    Args:
        picture: [1, 3, H, W] in 0..1.
        saliency: [H, W] in 0..1.
        edges: [H, W], 1 on edges and 0 elsewhere.
        count: how many strokes.
        length: the longest they may be, in pixels.
        segments: cubics in a stroke.
        draws: chooses the starts.

    Returns:
        Control points [count, 3 * segments + 1, 2] in pixels, x and y.
    """
    along = _along_edges(picture)
    free = edges.numpy() > 0
    strokes = []
    for _ in range(count):
        if free.sum() < TRIES:
            free = edges.numpy() > 0
        starts = sample_starts(saliency, torch.from_numpy(free).float(), TRIES, draws)
        lines = [_line(start, along, free, length) for start in starts.numpy()]
        longest = max(lines, key=len)
        strokes.append(_cubics(longest, segments, draws))
        taken = np.zeros(free.shape, np.uint8)
        cv2.polylines(taken, [longest.round().astype(np.int32)], False, 1, max(1, round(2 * SPACING * len(free))))
        free = free & (taken == 0)
    return torch.stack(strokes)


def _along_edges(picture: Tensor) -> np.ndarray:
    """The direction of the edge at each pixel as a unit vector [H, W, 2], x and y."""
    rgb = picture[0].permute(1, 2, 0).cpu().numpy()
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 0.007 * len(rgb)), cv2.COLOR_RGB2LAB)
    dx, dy = (cv2.Sobel(lab, cv2.CV_32F, axis, 1 - axis) for axis in (1, 0))
    xx, xy, yy = (
        cv2.GaussianBlur(product.sum(axis=-1), (0, 0), 0.01 * len(rgb)) for product in (dx * dx, dx * dy, dy * dy)
    )
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    return np.stack([-np.sin(across), np.cos(across)], axis=-1)


def _line(start: np.ndarray, along: np.ndarray, free: np.ndarray, length: float) -> np.ndarray:
    """Points a pixel apart along the edge through ``start``, where it is free [n, 2]."""
    height, width = free.shape
    halves = []
    for sign in (1.0, -1.0):
        place, way = start.copy(), None
        half = []
        for _ in range(round(length / 2)):
            x, y = int(place[0]), int(place[1])
            if not (0 <= place[0] < width and 0 <= place[1] < height and free[y, x]):
                break
            half.append(place)
            step = along[y, x]
            way = sign * step if way is None else step * (1.0 if step @ way >= 0 else -1.0)
            place = place + way
        halves.append(half)
    return np.array([*halves[1][:0:-1], *(halves[0] or [start])])


def _cubics(line: np.ndarray, segments: int, draws: torch.Generator) -> Tensor:
    """Cubics through points that lie evenly on a line [3 * segments + 1, 2]; a little off it, so that none collapse."""
    places = np.linspace(0, len(line) - 1, 3 * segments + 1).round().astype(int)
    through = line[places]
    through = through + torch.randn(through.shape, generator=draws).numpy()
    pieces = [THROUGH @ through[3 * n : 3 * n + 4] for n in range(segments)]
    return torch.from_numpy(np.concatenate([pieces[0][:1], *[piece[1:] for piece in pieces]])).float()
