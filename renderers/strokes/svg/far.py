"""Parts of curves that lie far outside of the canvas, where numbers of 32 bits are too coarse to draw with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from renderers.strokes.svg.pen import Chain

FAR = 65536.0
"""Coordinates in pixels that are kept; what lies beyond is moved to the border of that square."""
Floats = npt.NDArray[np.float64]


def within_reach(chain: Chain) -> Chain:
    """A chain with what lies beyond the square of `FAR` moved to its border.

    Each cubic is cut where it crosses the border's lines. A piece outside becomes a line along the border, so the
    winding number of every point inside stays.
    """
    points = [*chain.points, chain.points[0]] if chain.closed else chain.points
    cubics = [points[start : start + 4] for start in range(0, len(points) - 1, 3)]
    parts = np.array(cubics)
    axes = np.stack([parts.real, parts.imag], axis=1)
    inside = (np.abs(axes) <= FAR).all(axis=(1, 2))
    outside = np.logical_or((axes > FAR).all(axis=2), (axes < -FAR).all(axis=2))
    crossing = np.logical_not(inside | outside.any(axis=1))
    cuts = iter(_cuts(axes[crossing]).tolist())
    kept = [_moved(points[0])]
    for cubic, stays, crosses in zip(cubics, inside.tolist(), crossing.tolist(), strict=True):
        for piece in _pieces(cubic, next(cuts)) if crosses else [cubic]:
            end = _moved(piece[3])
            middle = (piece[0] + 3 * piece[1] + 3 * piece[2] + piece[3]) / 8
            if stays or (crosses and _moved(middle) == middle):
                kept += [piece[1], piece[2], end]
            else:
                kept += [kept[-1] + (end - kept[-1]) / 3, kept[-1] + (end - kept[-1]) * 2 / 3, end]
    return Chain(kept[:-1] if chain.closed else kept, chain.closed)


def _cuts(axes: Floats) -> Floats:
    """Where cubics cross the lines of the border.

    Args:
        axes: x and y of their control points [N, 2, 4].

    Returns:
        Parameters in order, 1 where there is no crossing [N, 12].
    """
    values = np.concatenate([axes - FAR, axes + FAR], axis=1)
    a, b, c, d = np.moveaxis(values, -1, 0)
    # Between the zeros of its derivative a cubic has at most one zero, which bisection finds.
    bend, slope, start = d - 3 * c + 3 * b - a, 2 * (a - 2 * b + c), b - a
    with np.errstate(all="ignore"):
        root = np.sqrt(np.maximum(slope * slope - 4 * bend * start, 0.0))
        half = -0.5 * (slope + np.copysign(root, slope))
        turns = np.nan_to_num(np.stack([half / bend, start / half], axis=-1)).clip(0.0, 1.0)
    turns.sort(axis=-1)
    ends = np.concatenate([np.zeros_like(turns[..., :1]), turns, np.ones_like(turns[..., :1])], axis=-1)
    low, high = ends[..., :-1], ends[..., 1:]
    coefficients = values[..., None, :]
    below, above = _at(coefficients, low), _at(coefficients, high)
    crosses = (below < 0) != (above < 0)
    for _ in range(60):
        middle = (low + high) / 2
        same = (_at(coefficients, middle) < 0) == (below < 0)
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    cuts: Floats = np.where(crosses, low, 1.0).reshape(len(axes), 12)
    cuts.sort(axis=1)
    return cuts


def _at(coefficients: Floats, t: Floats) -> Floats:
    """Values of cubics in Bernstein form."""
    a, b, c, d = np.moveaxis(coefficients, -1, 0)
    s = 1 - t
    value: Floats = s * s * s * a + 3 * s * s * t * b + 3 * s * t * t * c + t * t * t * d
    return value


def _pieces(cubic: Sequence[complex], cuts: Sequence[float]) -> Iterator[Sequence[complex]]:
    """A cubic, cut at parameters in order (de Casteljau)."""
    done = 0.0
    for cut in cuts:
        if done + 1e-12 < cut < 1:
            t = (cut - done) / (1 - done)
            rows = [list(cubic)]
            while len(rows[-1]) > 1:
                rows.append([p + t * (q - p) for p, q in pairwise(rows[-1])])
            yield [row[0] for row in rows]
            cubic, done = [row[-1] for row in reversed(rows)], cut
    yield cubic


def _moved(point: complex) -> complex:
    return complex(min(FAR, max(-FAR, point.real)), min(FAR, max(-FAR, point.imag)))
