"""Forms: signed distances of simple bodies, and what combines them.

Source: Inigo Quilez, iquilezles.org/articles/distfunctions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

Distance = Callable[[Tensor], Tensor]
"""Signed distances [N] of points [N, 3], negative inside."""

CHUNK = 2048

Triple = tuple[float, float, float]
Polygon = Sequence[tuple[float, float]]


def ball(centre: Triple, radii: Triple | float) -> Distance:
    """A sphere or an ellipsoid (to first order near its surface)."""
    size = torch.tensor(radii).expand(3)

    def distance(p: Tensor) -> Tensor:
        q = p - p.new_tensor(centre)
        inner, outer = (q / size).norm(dim=1), (q / size**2).norm(dim=1)
        # In the very middle the quotient is 0 / 0; there the smallest radius is the distance.
        return torch.where(outer > 1e-6, inner * (inner - 1) / outer.clamp_min(1e-6), -size.min())

    return distance


def rod(a: Triple, b: Triple, thick: float, end: float | None = None) -> Distance:
    """A capsule from a to b whose radius goes from ``thick`` to ``end``."""

    def distance(p: Tensor) -> Tensor:
        start, along = p.new_tensor(a), p.new_tensor(b) - p.new_tensor(a)
        t = ((p - start) @ along / (along @ along)).clamp(0, 1)
        radius = thick + t * ((thick if end is None else end) - thick)
        return _length(p - start - t[:, None] * along) - radius

    return distance


def box(centre: Triple, half: Triple, edge: float = 0.02) -> Distance:
    """A box with rounded edges."""

    def distance(p: Tensor) -> Tensor:
        return _cornered((p - p.new_tensor(centre)).abs() - p.new_tensor(half) + edge) - edge

    return distance


def ring(centre: Triple, radius: float, thick: float, axis: int = 1) -> Distance:
    """A torus around an axis."""

    def distance(p: Tensor) -> Tensor:
        q = p - p.new_tensor(centre)
        across = _without_axis(q, axis)
        return torch.hypot(across.norm(dim=1) - radius, q[:, axis]) - thick

    return distance


def outline(points: Polygon, edge: float = 0.0) -> Distance:
    """Signed distances of points [N, 2] to a polygon in the plane."""

    x, y = torch.tensor(points).T
    along, up = x.roll(-1) - x, y.roll(-1) - y
    inverse = 1 / (along.square() + up.square()).clamp_min(1e-12)

    def some(p: Tensor) -> Tensor:
        right, above = p[:, :1] - x, p[:, 1:] - y
        t = ((right * along + above * up) * inverse).clamp_(0, 1)
        gap = (right - t * along).square_() + (above - t * up).square_()
        over = above >= 0
        crossed = (over != over.roll(-1, 1)) & ((along * above > up * right) == (up > 0))
        away: Tensor = gap.amin(1).clamp_min(1e-14).sqrt()
        return torch.where(crossed.sum(1) % 2 == 1, -away, away)

    # Chunks stay in the processor's cache.
    return lambda p: torch.cat([some(rows) for rows in torch.split(p, CHUNK)]) - edge


def lathe(points: Polygon, edge: float = 0.0) -> Distance:
    """A polygon of (radius, height) turned around the y axis."""
    flat = outline(points, edge)
    return lambda p: flat(torch.stack([torch.hypot(p[:, 0], p[:, 2]), p[:, 1]], 1))


def prism(points: Polygon, middle: float, half: float, edge: float = 0.02, axis: int = 2) -> Distance:
    """A polygon in the other two axes, extruded along one."""
    flat = outline(points)

    def distance(p: Tensor) -> Tensor:
        q = torch.stack([flat(_without_axis(p, axis)) + edge, (p[:, axis] - middle).abs() - half + edge], 1)
        return _cornered(q) - edge

    return distance


def smooth(points: Polygon, steps: int = 8) -> list[tuple[float, float]]:
    """A Catmull-Rom curve through points."""
    p = np.array([points[0], *points, points[-1]], float)
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    rows = []
    for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False):
        rows.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return [tuple(row) for row in np.concatenate([*rows, p[-1:]]).tolist()]


def both(form: Callable[[float], Distance]) -> Distance:
    """A form and its mirror image: ``form`` is given -1 and +1."""
    return several(form(-1.0), form(1.0))


def around(count: int, form: Distance, first: float = 0.0) -> Distance:
    """A form ``count`` times around the y axis, the first one turned by so many degrees."""
    return several(*(turned(form, first + 360.0 * k / count) for k in range(count)))


def several(*forms: Distance) -> Distance:
    """The union of forms."""
    return lambda p: torch.stack([form(p) for form in forms]).amin(0)


def without(form: Distance, hole: Distance) -> Distance:
    """A form with another cut out."""
    return lambda p: torch.maximum(form(p), -hole(p))


def within(form: Distance, limit: Distance, swell: float = 0.0) -> Distance:
    """What of a form lies in another one, swollen so that it covers what it is a part of."""
    return lambda p: torch.maximum(form(p) - swell, limit(p))


def grown(form: Distance, by: float) -> Distance:
    """A form, thicker all around."""
    return lambda p: form(p) - by


def moved(form: Distance, by: Triple, scale: float = 1.0) -> Distance:
    """A form of another size, at another place."""
    return lambda p: scale * form((p - p.new_tensor(by)) / scale)


def turned(form: Distance, degrees: float, axis: int = 1) -> Distance:
    """A form turned counter-clockwise about an axis."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    one, two = (axis + 1) % 3, (axis + 2) % 3
    matrix = torch.eye(3)
    matrix[one, one] = matrix[two, two] = c
    matrix[one, two], matrix[two, one] = -s, s
    return lambda p: form(p @ matrix)  # rows times the matrix: turned back


def joined(forms: Sequence[tuple[Distance, float]]) -> Distance:
    """All forms as one surface; each joins those before it as softly as its number says, 0 for a sharp edge."""

    def distance(p: Tensor) -> Tensor:
        total = forms[0][0](p)
        for form, blend in forms[1:]:
            other = form(p)
            bulge = (blend - (total - other).abs()).clamp_min(0) ** 2 / (4 * blend) if blend else 0.0
            total = torch.minimum(total, other) - bulge
        return total

    return distance


def _cornered(q: Tensor) -> Tensor:
    """The distance to a corner, of the distances to its sides."""
    return _length(q.clamp_min(0)) + q.amax(1).clamp_max(0)


def _length(q: Tensor) -> Tensor:
    length: Tensor = torch.linalg.vector_norm(q, dim=1)
    return length


def _without_axis(p: Tensor, axis: int) -> Tensor:
    return torch.stack([p[:, k] for k in range(3) if k != axis], 1)
