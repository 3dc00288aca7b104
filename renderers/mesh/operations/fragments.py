"""Fragments: the triangle that each pixel shows, and the point on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import torch
from torch import Tensor

from limn.checks import Arguments

Backend = Literal["warp", "reference", "nvdiffrast"]
Filter = Literal["nearest", "bilinear", "mipmap_nearest", "mipmap"]

BACKENDS: tuple[str, ...] = get_args(Backend)
FILTERS: tuple[str, ...] = get_args(Filter)


@dataclass(frozen=True)
class Fragments:
    """The result of rasterisation: N pictures of L layers, front to back; row 0 is the top of the picture.

    Args:
        triangle: index into the faces, -1 where nothing is seen; int32 [N, L, H, W].
        barycentric: perspective-correct weights of the triangle's first two corners [N, L, H, W, 2]; carries the
            gradient.
        depth: z / w in -1..1 [N, L, H, W], 1 where nothing is seen; carries the gradient.
        steps: change of the two weights from a pixel to the next one right and down
            [N, L, H, W, 2 weights, 2 directions]; carries the gradient where `rasterise` was asked for it.
    """

    triangle: Tensor
    barycentric: Tensor
    depth: Tensor
    steps: Tensor

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.triangle.shape[2], self.triangle.shape[3]


def dtype_of(backend: str) -> torch.dtype | None:
    """The only dtype that a back end computes in, None where it takes any."""
    return None if backend == "reference" else torch.float32


def stride_of(clip: Tensor) -> int:
    """From the vertices of a picture to those of the next in [N, P, 4]; 0 in [1, P, 4], which all pictures share."""
    return clip.shape[1] if len(clip) > 1 else 0


def checked(given: Arguments, fragments: Any, backend: str, triangles: int | None = None) -> Fragments:
    """Fragments as an operation takes them.

    Args:
        given: the arguments of the operation.
        fragments: what it got.
        backend: that will compute.
        triangles: F, where the operation looks them up.

    Raises:
        InputError: they do not fit.
    """
    if not isinstance(fragments, Fragments):
        given.refuse("fragments", type(fragments).__name__, "Fragments, from rasterise")
    rows = torch.iinfo(torch.int32).max if triangles is None else triangles
    dtype = dtype_of(backend)
    return Fragments(
        given.indices("fragments.triangle", fragments.triangle, "N L H W", rows=rows, of="the faces", least=-1),
        given.numbers("fragments.barycentric", fragments.barycentric, "N L H W 2", dtype=dtype),
        given.numbers("fragments.depth", fragments.depth, "N L H W", dtype=dtype),
        given.numbers("fragments.steps", fragments.steps, "N L H W 2 2", dtype=dtype),
    )
