"""Pen: collects chains of cubic segments; it turns lines, quadratics and arcs into cubics."""

from __future__ import annotations

import cmath
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Chain:
    """One subpath: its control points as complex numbers x + iy.

    Args:
        points: the start and three more for every cubic; a closed chain does not repeat its start.
        closed: True if it ends where it began.
    """

    points: list[complex]
    closed: bool = False


def bounds(chains: Sequence[Chain]) -> tuple[float, float, float, float]:
    """Left, right, top and bottom of what chains draw, without stroke: the bounding box of SVG."""
    places: list[complex] = []
    for chain in chains:
        points = [*chain.points, chain.points[0]] if chain.closed else chain.points
        places.append(points[0])
        for a, b, c, d in zip(points[:-1:3], points[1::3], points[2::3], points[3::3], strict=True):
            bends = [(d - a + 3 * (b - c)), 2 * (a - 2 * b + c), b - a]  # a third of the derivative, by powers of t
            turns = [t for part in ("real", "imag") for t in np.roots([getattr(bend, part) for bend in bends])]
            for t in [1.0, *(float(t.real) for t in turns if abs(t.imag) < 1e-9 and 0 < t.real < 1)]:
                s = 1 - t
                places.append(s**3 * a + 3 * s**2 * t * b + 3 * s * t**2 * c + t**3 * d)
    xs, ys = [place.real for place in places], [place.imag for place in places]
    return min(xs), max(xs), min(ys), max(ys)


@dataclass
class Pen:
    """Draws chains the way SVG path data does, in absolute coordinates."""

    chains: list[Chain] = field(default_factory=list)
    at: complex = 0j
    start: complex = 0j
    _open: Chain | None = None

    def move(self, to: complex) -> None:
        """Begins a new subpath."""
        self._open = None
        self.at = self.start = to

    def line(self, to: complex) -> None:
        """Draws a straight line."""
        self.cubic(self.at + (to - self.at) / 3, self.at + (to - self.at) * 2 / 3, to)

    def quadratic(self, control: complex, to: complex) -> None:
        """Draws a quadratic curve."""
        self.cubic(self.at + (control - self.at) * 2 / 3, to + (control - to) * 2 / 3, to)

    def cubic(self, first: complex, second: complex, to: complex) -> None:
        """Draws a cubic curve."""
        if self._open is None:
            self._open = Chain([self.at])
            self.chains.append(self._open)
        self._open.points += [first, second, to]
        self.at = to

    def arc(self, rx: float, ry: float, turn: float, large: bool, sweep: bool, to: complex) -> None:
        """Draws an elliptic arc; ``turn`` is the rotation of its x axis in degrees.

        Source: SVG 1.1, appendix F.6.5 and F.6.6.
        """
        rx, ry, axis = abs(rx), abs(ry), cmath.exp(1j * math.radians(turn))
        if to == self.at:
            return
        if min(rx, ry) < 1e-30:
            self.line(to)
            return

        def unit(point: complex) -> complex:
            """From user space to the space where the ellipse is a unit circle."""
            point = point / axis
            return complex(point.real / rx, point.imag / ry)

        def user(point: complex) -> complex:
            return complex(point.real * rx, point.imag * ry) * axis

        a, b = unit(self.at), unit(to)
        half = abs(b - a) / 2
        if half > 1:  # too small to reach: grows until it does
            rx, ry = rx * half, ry * half
            a, b, half = a / half, b / half, 1.0
        side = 1j if sweep != large else -1j
        centre = (a + b) / 2 + side * (b - a) / abs(b - a) * math.sqrt(max(0.0, 1 - half * half))
        first, last = cmath.phase(a - centre), cmath.phase(b - centre)
        if sweep and last <= first:
            last += 2 * math.pi
        elif not sweep and last >= first:
            last -= 2 * math.pi
        pieces = max(1, math.ceil(abs(last - first) / (math.pi / 2) - 1e-9))
        step = (last - first) / pieces
        handle = 1j * 4 / 3 * math.tan(step / 4)
        for piece in range(pieces):
            p, q = cmath.exp(1j * (first + piece * step)), cmath.exp(1j * (first + (piece + 1) * step))
            end = to if piece == pieces - 1 else user(centre + q)
            self.cubic(user(centre + p + handle * p), user(centre + q - handle * q), end)

    def close(self) -> None:
        """Closes the subpath; a closed point by itself is a dot."""
        if self._open is None or self.at != self.start:
            self.line(self.start)
        assert self._open is not None
        self._open.points.pop()
        self._open.closed = True
        self._open = None
        self.at = self.start
