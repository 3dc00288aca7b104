"""Parts of curves that lie far outside of the canvas, where numbers of 32 bits are too coarse to draw with."""

from __future__ import annotations

import numpy as np

from renderers.strokes.svg.pen import Chain

FAR = 65536.0
"""Coordinates in pixels that are kept; what lies beyond is moved to the border of that square."""


def within_reach(chain: Chain) -> Chain:
    """A chain with what lies beyond the square of `FAR` moved to its border.

    Each cubic is cut where it crosses the border's lines. A piece outside becomes a line along the border, so the
    winding number of every point inside stays.
    """
    points = [*chain.points, chain.points[0]] if chain.closed else chain.points
    kept = [_moved(points[0])]
    for start in range(0, len(points) - 1, 3):
        for piece in _pieces(np.array(points[start : start + 4])):
            end = _moved(complex(piece[3]))
            if max(np.abs(piece.real).max(), np.abs(piece.imag).max()) <= FAR * (1 + 1e-6):
                kept += [complex(piece[1]), complex(piece[2]), end]
            else:
                kept += [kept[-1] + (end - kept[-1]) / 3, kept[-1] + (end - kept[-1]) * 2 / 3, end]
    return Chain(kept[:-1] if chain.closed else kept, chain.closed)


def _pieces(cubic: np.ndarray) -> list[np.ndarray]:
    """A cubic [4], cut where it crosses the lines of the border."""
    a, b, c, d = cubic
    powers = np.array([d - 3 * c + 3 * b - a, 3 * (c - 2 * b + a), 3 * (b - a), a])
    cuts = {1.0}
    for axis in (powers.real, powers.imag):
        for border in (-FAR, FAR):
            roots = np.roots(axis - [0, 0, 0, border])
            cuts |= {float(root.real) for root in roots if abs(root.imag) < 1e-6 and 1e-9 < root.real < 1 - 1e-9}
    pieces, done = [], 0.0
    for cut in sorted(cuts):
        first, cubic = _split(cubic, (cut - done) / (1 - done))
        pieces.append(first)
        done = cut
    return pieces


def _split(cubic: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray]:
    """Two parts of a cubic (de Casteljau)."""
    rows = [cubic]
    while len(rows[-1]) > 1:
        rows.append(rows[-1][:-1] + t * (rows[-1][1:] - rows[-1][:-1]))
    return np.array([row[0] for row in rows]), np.array([row[-1] for row in reversed(rows)])


def _moved(point: complex) -> complex:
    return complex(min(FAR, max(-FAR, point.real)), min(FAR, max(-FAR, point.imag)))
