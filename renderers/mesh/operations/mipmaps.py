"""The levels of texture maps, concatenated in a table of texels, and the adjoint."""

from __future__ import annotations

from itertools import accumulate, pairwise

import warp as wp
from torch import Tensor

from limn.launch import arrays, launch_sliced
from renderers.mesh import kernels

Level = tuple[int, int, int]
"""First texel of a level, its height and its width."""


def levels_of(maps: Tensor, halved: bool) -> list[Level]:
    """The maps [A, H, W, C] themselves and, if ``halved``, their halves down to one texel."""
    sizes = [(maps.shape[1], maps.shape[2])]
    while halved and max(sizes[-1]) > 1:
        sizes.append((max(sizes[-1][0] // 2, 1), max(sizes[-1][1] // 2, 1)))
    starts = accumulate((height * width for height, width in sizes), initial=0)
    return [(start, *size) for start, size in zip(starts, sizes, strict=False)]


def texels_in(levels: list[Level]) -> int:
    """T, the number of texels of a map in all levels."""
    return sum(height * width for _, height, width in levels)


def mipmaps(maps: Tensor, levels: list[Level]) -> Tensor:
    """Averages contiguous maps down, level by level [A, T, C]."""
    count, pictures, channels = texels_in(levels), len(maps), maps.shape[3]
    texels = maps.new_empty(pictures, count, channels)
    a_maps, a_texels = arrays(maps.view(-1, channels), texels.view(-1, channels))
    placed = (a_maps, maps.shape[1], maps.shape[2], a_texels, count)
    launch_sliced(kernels.place(channels), pictures * maps.shape[1], 32, placed, maps.device)
    for fine, coarse in pairwise(levels):
        arguments = (a_texels, count, wp.vec3i(fine), wp.vec3i(coarse))
        launch_sliced(kernels.halve(channels), pictures * coarse[1], 32, arguments, maps.device)
    return texels


def mipmaps_adjoint(adjoint: Tensor, levels: list[Level]) -> Tensor:
    """Derivatives by the maps [A, H, W, C], from those by all texels in parts [A, parts, T, C], which it overwrites."""
    pictures, parts, count, channels = adjoint.shape
    _, height, width = levels[0]
    result = adjoint.new_empty(pictures, height, width, channels)
    a_adjoint, a_result = arrays(adjoint.view(-1, channels), result.view(-1, channels))
    coarse: Level = (0, 0, 0)
    for fine in reversed(levels):
        place = (a_adjoint, parts * count) if fine[0] else (a_result, height * width)
        arguments = (parts, a_adjoint, count, wp.vec3i(fine), wp.vec3i(coarse), *place)
        launch_sliced(kernels.halve_adjoint(channels), pictures * fine[1], 32, arguments, adjoint.device)
        coarse = fine
    return result
