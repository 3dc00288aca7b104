"""Frames: the pictures that pass from renderers to judges."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from torch import Tensor

from limn.curves import Curves
from limn.surface import Surface


@dataclass(frozen=True)
class Frames:
    """What a renderer returns: S candidates, each seen in V views (V = 1 for flat pictures).

    Args:
        rgb: sRGB values in 0..1, already over the background [S, V, 3, H, W].
        alpha: coverage in 0..1 [S, V, 1, H, W].
        depth: distance along the view axis, 0 where nothing is [S, V, 1, H, W], where the renderer has one.
        normal: unit normals in camera space [S, V, 3, H, W], where the renderer has them.
        cameras: the cameras that the views were taken with.
        curves: what was drawn, of pictures made of paths.
        surface: the triangles behind the pictures, of pictures of meshes.
    """

    rgb: Tensor
    alpha: Tensor
    depth: Tensor | None = None
    normal: Tensor | None = None
    cameras: Any = None
    curves: Curves | None = None
    surface: Surface | None = None

    @property
    def candidates(self) -> int:
        """S, the size of the population."""
        return self.rgb.shape[0]

    def detach(self) -> Frames:
        """The same without gradient."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        detached: dict[str, Any] = {name: v.detach() for name, v in found.items() if isinstance(v, Tensor | Surface)}
        return replace(self, **detached)
