"""Curves: the geometry of a drawing of paths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from limn.geometry import Geometry


@dataclass(frozen=True)
class Curves(Geometry):
    """Cubic Bezier segments of S candidates, in pixels.

    Args:
        points: control points as they are now [S, N, 2].
        cubics: the four control points of every segment, int [C, 4].
        rest: control points at the start [N, 2], where all candidates start alike.
        triangles: corners of triangles that fill the shapes at rest, int [T, 3]; given where ``rest`` is.
    """

    noun: ClassVar[str] = "a drawing of paths"
    per_candidate: ClassVar[tuple[str, ...]] = ("points",)

    points: Tensor
    cubics: Tensor
    rest: Tensor | None = None
    triangles: Tensor | None = None
