"""Tracing: the strokes that a sketch begins with lie along the lines of its picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

STARTS = 20
"""Places for each stroke from which lines are traced; the best are taken."""

MOST_STARTS = 4000

SPACING = 0.02
"""What lies this near to a stroke is drawn, as a fraction of the picture's longer side."""

FLOOR, LEAST = 0.25, 0.06
"""Worth from which a line gets ink, as a fraction of the best: at first, and when nothing better is left."""

OFF = 1.5
"""How far a stroke may be from its line, in pixels; a line that bends more becomes two."""

TURN = 0.5
"""Cosine of the angle at which a line turns in a corner, and ends."""


def trace_strokes(
    lines: Tensor, saliency: Tensor, count: int, length: float, segments: int, draws: torch.Generator
) -> Tensor:
    """Strokes along lines, the best ones first.

    Starts are drawn as in CLIPasso (Vinker et al. 2022, section 3.2), by saliency times strength. From each a line runs
    both ways along the ridge. Stroke by stroke the piece is taken that has the most strength on it that no stroke has
    drawn yet, less a price for its length (matching pursuit, Mallat and Zhang 1993).

    Args:
        lines: strength of the line at each pixel [H, W] in 0..1.
        saliency: what it is worth there [H, W] in 0..1.
        count: how many strokes.
        length: the longest they may be, in pixels.
        segments: cubics in a stroke.
        draws: chooses the starts.

    Returns:
        Control points [count, 3 * segments + 1, 2] in pixels, x and y.
    """

    import cv2

    worth = (lines * saliency).double().numpy()
    if not worth.any():
        worth = np.ones_like(worth)
    worth = worth / worth.max()
    paths, there = _paths(_starts(worth, STARTS * count, draws), lines.double().numpy(), length)
    x, y = np.floor(paths).astype(int).clip(0, [worth.shape[1] - 1, worth.shape[0] - 1]).transpose(2, 0, 1)
    left, floor = worth.copy(), FLOOR
    strokes = []
    for _ in range(count):
        begin, end, gain = _best_runs(left[y, x] * there - floor)
        while gain.max() <= 0 and floor > LEAST:
            floor /= 2
            begin, end, gain = _best_runs(left[y, x] * there - floor)
        if gain.max() <= 0:  # all is drawn; it is drawn again
            left, floor = worth.copy(), FLOOR
        best = int(gain.argmax())
        line, stroke = _drawable(paths[best, begin[best] : end[best]], segments)
        strokes.append(stroke)
        drawn = np.zeros(left.shape, np.uint8)
        cv2.polylines(drawn, [line.round().astype(np.int32)], False, 1, max(1, round(2 * SPACING * max(left.shape))))
        left[drawn > 0] = 0
    return torch.stack(strokes)


def _starts(worth: np.ndarray, count: int, draws: torch.Generator) -> np.ndarray:
    """Pixel centres [n, 2], x and y, drawn by their worth without replacement."""
    flat = torch.from_numpy(worth).flatten()
    count = min(count, MOST_STARTS, int((flat > 0).sum()))
    chosen = torch.multinomial(flat, count, generator=draws).numpy()
    return np.stack([chosen % worth.shape[1], chosen // worth.shape[1]], axis=-1) + 0.5


def _paths(starts: np.ndarray, lines: np.ndarray, length: float) -> tuple[np.ndarray, np.ndarray]:
    """Points a pixel apart along the ridges through starts [n, 2]: [n, m, 2], and whether the line is there [n, m]."""

    import cv2

    directions = along(cv2.GaussianBlur(lines, (0, 0), 0.004 * max(lines.shape)), 0.009 * max(lines.shape))
    sides = []
    for sign in (1.0, -1.0):
        places, way = starts.copy(), sign * _at(directions, starts)
        runs = np.ones((len(starts), 1), bool)
        side = [(places, runs[:, 0])]
        for _ in range(max(2, round(length / 2))):
            ahead = _at(directions, places)
            ahead = ahead * np.where((ahead * way).sum(axis=-1, keepdims=True) >= 0, 1.0, -1.0)
            moved = places + ahead
            # Half a pixel to the side where the line is stronger keeps it on the ridge.
            normal = ahead[:, ::-1] * [-0.5, 0.5]
            stronger = np.sign(_at(lines, moved + 1.4 * normal) - _at(lines, moved - 1.4 * normal))
            moved = moved + 0.5 * stronger[:, None] * normal
            inside = ((moved > 1) & (moved < np.array(lines.shape)[::-1] - 1)).all(axis=-1, keepdims=True)
            runs = runs & inside & ((ahead * way).sum(axis=-1, keepdims=True) > TURN)
            places, way = np.where(runs, moved, places), way + (ahead - way) / 4
            side.append((places, runs[:, 0]))
        sides.append(side)
    places, there = zip(*sides[1][:0:-1], *sides[0], strict=True)
    return np.stack(places, axis=1), np.stack(there, axis=1)


def along(field: np.ndarray, spread: float) -> np.ndarray:
    """The direction in which a field changes least, at each pixel: that of a line, or of equal brightness.

    Args:
        field: [H, W].
        spread: standard deviation in pixels of the Gaussian over which directions are averaged.

    Returns:
        Unit vectors, x and y, of no particular sign [H, W, 2].

    Source: the structure tensor, Bigün and Granlund 1987.
    """

    import cv2

    dx, dy = (cv2.Sobel(field, cv2.CV_64F, axis, 1 - axis) for axis in (1, 0))
    xx, xy, yy = (cv2.GaussianBlur(product, (0, 0), spread) for product in (dx * dx, dx * dy, dy * dy))
    across = 0.5 * np.arctan2(2 * xy, xx - yy)
    return np.stack([-np.sin(across), np.cos(across)], axis=-1)


def _at(field: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What a field has at the pixels in which places [n, 2] lie."""
    x, y = np.floor(places).astype(int).clip(0, [field.shape[1] - 1, field.shape[0] - 1]).T
    found: np.ndarray = field[y, x]
    return found


def _best_runs(gains: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """In each row the run with the largest sum: where it begins and ends, and the sum (Kadane's algorithm)."""
    sums = np.pad(gains.cumsum(axis=1), ((0, 0), (1, 0)))
    over = sums - np.minimum.accumulate(sums, axis=1)
    end = over.argmax(axis=1)
    before = np.where(np.arange(sums.shape[1]) < end[:, None], sums, np.inf)
    return before.argmin(axis=1), end.clip(1), over.max(axis=1)


def _drawable(line: np.ndarray, segments: int) -> tuple[np.ndarray, Tensor]:
    """The first part of a line that so many cubics can draw, and their control points [3 * segments + 1, 2]."""
    while True:
        points, off = fitted_cubics(line, segments)
        if len(line) < 8 * segments or off < OFF:
            return line, points
        line = line[: round(0.85 * len(line))]


def fitted_cubics(line: np.ndarray, segments: int) -> tuple[Tensor, float]:
    """Cubics along a line [n, 2]; a line without length becomes a dash.

    Returns:
        Control points [3 * segments + 1, 2], and their largest distance from the line.
    """
    if np.ptp(line, axis=0).max() < 2:
        line = line[:1] + np.linspace([-1.5, 0.0], [1.5, 0.0], 4)
    joints = np.linspace(0, len(line) - 1, segments + 1).round().astype(int)
    pieces = [_cubic(line[a : max(b, a + 1) + 1]) for a, b in pairwise(joints)]
    points = np.concatenate([pieces[0][0][:1], *[cubic[1:] for cubic, _ in pieces]])
    return torch.from_numpy(points).float(), max(off for _, off in pieces)


def _cubic(line: np.ndarray) -> tuple[np.ndarray, float]:
    """The cubic with the least squares between the ends of a line [4, 2], and its largest distance from the line."""
    walked = np.concatenate([[0], np.linalg.norm(np.diff(line, axis=0), axis=1).cumsum()])
    t = walked / max(walked[-1], 1e-9)
    basis = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    straight = np.linspace(line[0], line[-1], 4)
    bend = np.linalg.lstsq(
        np.concatenate([basis[:, 1:3], 0.1 * np.eye(2)]),
        np.concatenate([line - basis @ straight, np.zeros((2, 2))]),
        rcond=None,
    )[0]
    cubic = straight + np.concatenate([np.zeros((1, 2)), bend, np.zeros((1, 2))])
    return cubic, float(np.linalg.norm(basis @ cubic - line, axis=1).max())
