"""Isosurface: the geometry of a surface that lies where distances on a grid are zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from limn.geometry import Geometry


@dataclass(frozen=True)
class Isosurface(Geometry):
    """S candidates of a surface in the box -1..1.

    Args:
        distances: negative inside, on the nodes of a grid [S, Rz, Ry, Rx].
        weights: of the cubes between them, 0 is neutral [S, Rz - 1, Ry - 1, Rx - 1, W].
        deviation: how unevenly the vertices lie between the crossings around them, lengths [S].
    """

    noun: ClassVar[str] = "a surface of distances on a grid"
    per_candidate: ClassVar[tuple[str, ...]] = ("distances", "weights", "deviation")

    distances: Tensor
    weights: Tensor
    deviation: Tensor
