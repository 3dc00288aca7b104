"""Slivers: the tiny triangles that marching cubes makes where a surface passes close to a node of the grid."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.mesh.texels import vertex_means

NEAR = 0.2
"""Of a cell: vertices that are closer to the same node become one."""


def without_slivers(vertices: Tensor, faces: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """A surface whose vertices close to the same node are merged into their mean, which lies on the surface as well.

    Args:
        vertices: from `marching_cubes` [P, 3].
        faces: int32 [F, 3].
        resolution: nodes along each side of the box.

    Returns:
        The vertices and faces that are left.
    """
    place = (vertices + 1) / 2 * (resolution - 1)
    node = place.round().long()
    steps = torch.tensor([1, resolution, resolution**2], device=vertices.device)
    apart = torch.arange(len(vertices), device=vertices.device) + resolution**3
    near = (place - node).norm(dim=1) < NEAR
    _, heir = torch.unique(torch.where(near, (node * steps).sum(dim=1), apart), return_inverse=True)
    corners = heir[faces.long()]
    corners = corners[(corners != corners.roll(1, dims=1)).all(dim=1)]
    # Where a third vertex joined, two faces lie back to back.
    _, same, times = torch.unique(corners.sort(dim=1).values, dim=0, return_inverse=True, return_counts=True)
    used, compact = torch.unique(corners[times[same] == 1], return_inverse=True)
    return vertex_means(vertices, heir, int(heir.max()) + 1)[used], compact.int()
