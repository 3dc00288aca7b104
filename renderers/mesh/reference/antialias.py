"""antialias in plain torch."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from renderers.mesh.operations.fragments import Fragments
from renderers.mesh.operations.neighbours import neighbours_of
from renderers.mesh.reference.geometry import centres, edge, edges, seen_from

WALK = 32
"""How many triangles the nearer surface is followed across."""


class Pairs(NamedTuple):
    """Neighbouring pixels with different triangles, the one with the nearer surface first."""

    picture: Tensor
    near: Tensor
    far: Tensor
    triangle: Tensor
    behind: Tensor
    upright: bool


def antialias_reference(colour: Tensor, fragments: Fragments, clip: Tensor, faces: Tensor) -> Tensor:
    """See ``renderers.mesh.operations.antialias``."""
    clip = clip.expand(len(colour), -1, -1)
    flat = colour.flatten(1, 2)
    change = torch.zeros_like(flat)
    for upright in (False, True):
        pairs = _pairs(fragments.triangle[:, 0], fragments.depth[:, 0], upright)
        with torch.no_grad():
            kept, start, end = _silhouettes(pairs, clip, faces, fragments.size)
        picture, near, far = pairs.picture[kept], pairs.near[kept], pairs.far[kept]
        a, b = clip[picture, start[kept]], clip[picture, end[kept]]
        (x, y), (far_x, far_y) = (_points(pixel, fragments.size, clip) for pixel in (near, far))
        inside = edge(seen_from(a, x, y), seen_from(b, x, y))
        outside = edge(seen_from(a, far_x, far_y), seen_from(b, far_x, far_y))
        share = inside / (inside - outside) - 0.5
        target, source = torch.where(share < 0, near, far), torch.where(share < 0, far, near)
        added = share.abs()[:, None] * (flat[picture, source] - flat[picture, target])
        change = change.index_put((picture, target), added, accumulate=True)
    return (flat + change).view_as(colour)


def _pairs(triangle: Tensor, depth: Tensor, upright: bool) -> Pairs:
    _, height, width = triangle.shape
    number = torch.arange(height * width, device=triangle.device).view(height, width).expand_as(triangle)
    axis = 1 if upright else 2
    first, second = (slice(None),) * axis + (slice(0, -1),), (slice(None),) * axis + (slice(1, None),)
    differ = triangle[first] != triangle[second]
    swap = (triangle[first] < 0) | ((triangle[second] >= 0) & (depth[second] < depth[first]))
    near = torch.where(swap, number[second], number[first])[differ]
    far = torch.where(swap, number[first], number[second])[differ]
    nearest = torch.where(swap, triangle[second], triangle[first])[differ].long()
    behind = torch.where(swap, triangle[first], triangle[second])[differ].long()
    return Pairs(differ.nonzero()[:, 0], near, far, nearest, behind, upright)


def _points(pixel: Tensor, size: tuple[int, int], like: Tensor) -> tuple[Tensor, Tensor]:
    x, y = centres(size, like)
    return x[pixel % size[1]], y[pixel // size[1]]


def _silhouettes(pairs: Pairs, clip: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Which pairs have a silhouette between them, and the two vertices of its edge."""
    neighbours, table = neighbours_of(faces).long(), faces.long()
    picture, triangle = pairs.picture, pairs.triangle
    near, far = (_points(pixel, size, clip) for pixel in (pairs.near, pairs.far))
    walking = torch.ones_like(triangle, dtype=torch.bool)
    kept = torch.zeros_like(walking)
    start, end = torch.zeros_like(triangle), torch.zeros_like(triangle)

    def own(values: Tensor, corner: Tensor) -> Tensor:
        return values.gather(1, (corner % 3)[:, None])[:, 0]

    for _ in range(WALK):
        walking &= triangle != pairs.behind
        corners = clip[picture[:, None], table[triangle]]
        here = seen_from(corners, near[0][:, None], near[1][:, None])
        inside, outside = edges(here), edges(seen_from(corners, far[0][:, None], far[1][:, None]))
        sign = (here[..., 2] * inside).sum(-1, keepdim=True).sign()
        inside, outside = inside * sign, outside * sign
        leaves = (outside < 0) & (outside < inside)
        xing = torch.where(leaves, inside / torch.where(leaves, inside - outside, 1), torch.inf)
        corner = xing.argmin(1)
        walking &= leaves.any(1)
        a, b = own(table[triangle], corner + 1), own(table[triangle], corner + 2)
        beyond = own(neighbours[triangle], corner)
        opposite = table[beyond.clamp_min(0)]
        opposite = opposite.gather(1, ((opposite != a[:, None]) & (opposite != b[:, None])).int().argmax(1)[:, None])
        point = seen_from(clip[picture, opposite[:, 0]], *near)
        left, right = (seen_from(clip[picture, vertex], *near) for vertex in (a, b))
        side = (torch.linalg.cross(left, right) * point).sum(-1) * sign[:, 0]
        silhouette = walking & ((beyond < 0) | (side >= 0))
        up = (left[:, 2] * right[:, 0] - left[:, 0] * right[:, 2]).abs() * (2 / size[0])
        along = (left[:, 1] * right[:, 2] - left[:, 2] * right[:, 1]).abs() * (2 / size[1])
        kept |= silhouette & ((up > along) if pairs.upright else (along >= up))
        start, end = torch.where(silhouette, a, start), torch.where(silhouette, b, end)
        walking = walking & ~silhouette
        triangle = torch.where(walking, beyond, triangle)
    return kept, start, end
