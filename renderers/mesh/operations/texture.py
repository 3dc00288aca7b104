"""texture: looks texture maps up, differentiable by texels and coordinates."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from renderers.mesh.operations.fragments import Backend

Filter = Literal["bilinear", "mipmap"]
Wrap = Literal["repeat", "clamp"]


def texture(
    maps: Tensor,
    uv: Tensor,
    derivatives: Tensor | None = None,
    filter: Filter = "bilinear",
    wrap: Wrap = "repeat",
    backend: Backend = "warp",
) -> Tensor:
    """Samples texture maps.

    Args:
        maps: texels [A, Ht, Wt, C], where A divides N; picture n uses maps[n // (N // A)].
        uv: coordinates [N, L, H, W, 2]: (0, 0) is the top-left corner of the map, (1, 1) the bottom-right one.
        derivatives: change of uv from a pixel to the next one right and down [N, L, H, W, 2, 2], needed by ``mipmap``;
            gets no gradient.
        filter: ``bilinear``, or ``mipmap`` for bilinear between and within levels of half the size each, at the level
            where the longer axis of the pixel's footprint is a texel long.
        wrap: what lies outside of 0..1: the map again (``repeat``) or its border (``clamp``).
        backend: ``warp``, ``reference`` or ``nvdiffrast``, see `rasterise`.

    Returns:
        Colours [N, L, H, W, C].

    Raises:
        InputError: the back end is not installed, or ``mipmap`` without derivatives.

    Source: Williams 1983, Pyramidal Parametrics.
    """
    from renderers.mesh.reference.texture import texture_reference

    return texture_reference(maps, uv, derivatives if filter == "mipmap" else None, wrap)
