"""Parts: the contents of a file, before they are joined into one mesh."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Texture:
    """A picture of a file.

    Args:
        pixels: sRGB, top row first, uint8 [H, W, 3].
        wrap: how the picture continues beyond its border along u and v, each ``repeat``, ``clamp`` or ``mirror``.
    """

    pixels: NDArray[np.uint8]
    wrap: tuple[str, str] = ("repeat", "repeat")


@dataclass(frozen=True)
class Part:
    """Triangles that share a material.

    Args:
        vertices: in the coordinates of the whole, float64 [P, 3].
        faces: int64 [F, 3].
        groups: faces by the name of their group, int64 [n] each.
        tint: linear light in 0..1 that multiplies the texture, or is the colour where there is none, float64 [P, 3].
        uv: (0, 0) is the top left corner of the texture, float64 [P, 2].
        texture: only with ``uv``.
    """

    vertices: Floats
    faces: Integers
    groups: dict[str, Integers] = field(default_factory=dict)
    tint: Floats | None = None
    uv: Floats | None = None
    texture: Texture | None = None
