"""The points of a mesh that are nearest to others, and its colours there."""

from __future__ import annotations

import torch
import warp as wp
from torch import Tensor

from limn.launch import arrays, launch_sliced, warp_target
from renderers.mesh.kernels import nearest as kernels
from renderers.mesh.mesh import Mesh
from renderers.mesh.texels import sample

GRAIN = 1024
"""Fewest points that are worth a slice of their own."""


def nearest(vertices: Tensor, faces: Tensor, points: Tensor, signed: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """The points of a mesh that are nearest to some points.

    Args:
        vertices: [P, 3].
        faces: int32 [F, 3]; those without area are points or lines.
        points: [N, 3].
        signed: distances are negative where the mesh winds around a point.

    Returns:
        Distances [N], faces int32 [N], and the weights of their corners [N, 3].

    Source: Barill et al. 2018, "Fast winding numbers for soups and clouds".
    """
    points = points.contiguous()
    distances, face, weights = points[:, 0].clone(), torch.empty_like(points[:, 0], dtype=torch.int32), points.clone()
    with wp.ScopedStream(warp_target(points.device).get("stream")):
        mesh = wp.Mesh(
            wp.from_torch(vertices.detach().contiguous(), dtype=wp.vec3),
            wp.from_torch(faces.int().contiguous().flatten()),
            support_winding_number=signed,
        )
    arguments = (mesh.id, *arrays(points), int(signed), *arrays(distances, face, weights))
    launch_sliced(kernels.nearest, len(points), GRAIN, arguments, points.device)
    return distances, face, weights


def colours_at(mesh: Mesh, face: Tensor, weights: Tensor) -> Tensor:
    """sRGB in 0..1 at points of faces [N] with the weights of their corners [N, 3]: [N, 3]."""
    table, rows = mesh.painted()
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        table, rows = mesh.uv, mesh.uv_faces.long()
    found = (table[rows[face.long()]] * weights[..., None]).sum(dim=1)
    return found if mesh.texture is None else sample(mesh.texture, found)
