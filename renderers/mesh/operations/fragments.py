"""Fragments: the triangle that each pixel shows, and the point on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor

Backend = Literal["warp", "reference", "nvdiffrast"]
Filter = Literal["bilinear", "mipmap"]


@dataclass(frozen=True)
class Fragments:
    """The result of rasterisation: N pictures of L layers, front to back; row 0 is the top of the picture.

    Args:
        triangle: index into the faces, -1 where nothing is seen; int32 [N, L, H, W].
        barycentric: perspective-correct weights of the triangle's first two corners [N, L, H, W, 2]; carries the
            gradient.
        depth: z / w in -1..1, without gradient [N, L, H, W]; 1 where nothing is seen.
        steps: change of the two weights from a pixel to the next one right and down, without gradient
            [N, L, H, W, 2 weights, 2 directions].
    """

    triangle: Tensor
    barycentric: Tensor
    depth: Tensor
    steps: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.triangle.shape[2], self.triangle.shape[3]
