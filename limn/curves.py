"""Curves: the geometry behind pictures that were drawn with paths, for losses that judge shapes."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Curves:
    """Cubic Bezier segments of S candidates, in pixels.

    Args:
        points: control points as they are now [S, N, 2].
        cubics: the four control points of every segment, int [C, 4].
        rest: control points before anything moved [N, 2], where all candidates started alike.
        triangles: corners of triangles that fill the shapes at rest, int [T, 3], where there is a rest.
    """

    points: Tensor
    cubics: Tensor
    rest: Tensor | None = None
    triangles: Tensor | None = None
