"""Fields of meshes and of point clouds, as something to start from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import torch
import torch.nn.functional as F
import warp as wp
from torch import Tensor

from limn.checks import Arguments
from limn.errors import InputError
from limn.launch import arrays, launch_sliced, warp_target
from renderers.fields.kernels import nearest as kernels
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.fields.surface.point_cloud import is_point_cloud, read_point_cloud
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import normalise
from renderers.mesh.read import read_mesh
from renderers.mesh.texels import sample

GRAIN = 1024
"""Fewest points that are worth a slice of their own."""

NEIGHBOURS = 16
"""The balls that close the gaps between points reach to the neighbour of this number: few gaps of a random cloud are
wider."""


def distances_of_mesh(mesh: Mesh, resolution: int) -> tuple[Tensor, Tensor]:
    """Signed distances to a mesh, and the colours of its nearest points.

    A point is inside where the mesh winds around it, so holes in a mesh do no harm; what has no inside, as a sheet, is
    not there. A mesh that is inside out is turned.

    Args:
        mesh: in the box -1..1.
        resolution: R, nodes along each side of the box.

    Returns:
        Distances, negative inside [R, R, R], and sRGB in 0..1 [R, R, R, 3]; axes z, y, x.

    Source: Barill et al. 2018, "Fast winding numbers for soups and clouds".
    """
    points = nodes((resolution,) * 3, mesh.vertices.device).view(-1, 3)
    a, b, c = mesh.vertices.double()[mesh.faces.long()].unbind(dim=1)
    if (a * torch.linalg.cross(b, c)).sum() < 0:
        mesh = replace(mesh, faces=mesh.faces.flip(1))
    distances, face, weights = nearest(mesh.vertices, mesh.faces, points)
    grid = (resolution,) * 3
    return distances.view(grid), _colours_at(mesh, face, weights).view(*grid, 3)


def distances_of_points(points: Tensor, colours: Tensor, resolution: int) -> tuple[Tensor, Tensor]:
    """Signed distances to the surface around a cloud of points, and the colours of the nearest points.

    Balls around the points close the gaps between them, and what they enclose is inside.

    Args:
        points: in the box -1..1 [N, 3].
        colours: sRGB in 0..1 [N, 3].
        resolution: R, nodes along each side of the box.

    Returns:
        As `distances_of_mesh`.

    Raises:
        InputError: no points.
    """
    given = Arguments("distances_of_points")
    points = given.numbers("points", points, "N 3")
    colours = given.numbers("colours", colours, "N 3")
    if not len(points):
        raise InputError("distances_of_points: no points; expected at least one")
    grid = (resolution,) * 3
    # A point is a triangle whose corners lie together.
    alone = torch.arange(len(points), dtype=torch.int32, device=points.device)[:, None].repeat(1, 3)
    away, owner, _ = nearest(points, alone, nodes(grid, points.device).view(-1, 3), signed=False)
    cell = 2 / (resolution - 1)
    reach = max(_reach(points), cell)
    balls = (away - reach).view(grid)
    outside = _reached(balls > 0)
    shell = torch.where(outside, balls, -balls.abs())
    vertices, faces = marching_cubes(shell, inside_above=False)
    distances, _, _ = nearest(vertices, faces, nodes(grid, points.device).view(-1, 3))
    # The balls reach beyond the points; what is thin stays about a cell thick.
    return distances.view(grid) + reach - cell / 2, colours[owner.long()].view(*grid, 3)


def distances_of_file(path: Path, resolution: int) -> tuple[Tensor, Tensor]:
    """As `distances_of_mesh`, of a file: a point cloud (PLY without faces), or a model; scaled to radius 1.

    Raises:
        InputError: a file that cannot be read.
    """
    if is_point_cloud(path):
        return distances_of_points(*read_point_cloud(path), resolution)
    return distances_of_mesh(normalise(read_mesh(path)), resolution)


def nearest(vertices: Tensor, faces: Tensor, points: Tensor, signed: bool = True) -> tuple[Tensor, Tensor, Tensor]:
    """The points of a mesh that are nearest to some points.

    Args:
        vertices: [P, 3].
        faces: int32 [F, 3].
        points: [N, 3].
        signed: distances are negative where the mesh winds around a point.

    Returns:
        Distances [N], faces int32 [N], and the weights of their corners [N, 3].
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


def _colours_at(mesh: Mesh, face: Tensor, weights: Tensor) -> Tensor:
    """sRGB at points of faces [N] with the weights of their corners [N, 3]: [N, 3]."""
    table, rows = mesh.painted()
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        table, rows = mesh.uv, mesh.uv_faces.long()
    found = (table[rows[face.long()]] * weights[..., None]).sum(dim=1)
    return found if mesh.texture is None else sample(mesh.texture, found)


def _reach(points: Tensor) -> float:
    """The mean distance from points to one of their neighbours."""
    apart = torch.cdist(points[:: max(len(points) // 512, 1)], points)
    return float(apart.topk(min(NEIGHBOURS + 1, len(points)), largest=False).values[:, -1].mean())


def _reached(free: Tensor) -> Tensor:
    """The nodes that are reached from the border through free ones, bool [R, R, R]."""
    border = F.pad(torch.zeros_like(free[1:-1, 1:-1, 1:-1]), (1,) * 6, value=True)
    reached = free & border
    while True:
        more = free & (F.max_pool3d(reached[None].float(), 3, 1, 1)[0] > 0)
        if torch.equal(more, reached):
            return reached
        reached = more
