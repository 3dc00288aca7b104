"""Fields of meshes and of point clouds, as something to start from."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.checks import Arguments
from limn.errors import InputError
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.mesh.mesh import Mesh
from renderers.mesh.nearest import colours_at, nearest

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
    """
    points = nodes((resolution,) * 3, mesh.vertices.device).view(-1, 3)
    a, b, c = mesh.vertices.double()[mesh.faces.long()].unbind(dim=1)
    if (a * torch.linalg.cross(b, c)).sum() < 0:
        mesh = replace(mesh, faces=mesh.faces.flip(1))
    distances, face, weights = nearest(mesh.vertices, mesh.faces, points)
    grid = (resolution,) * 3
    return distances.view(grid), colours_at(mesh, face, weights).view(*grid, 3)


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


def mesh_of_points(points: Tensor, colours: Tensor, resolution: int = 64) -> Mesh:
    """The surface around a cloud of points, with colours of its vertices; arguments as of `distances_of_points`.

    Raises:
        InputError: no points.
    """
    distances, near = distances_of_points(points, colours, resolution)
    vertices, faces = marching_cubes(distances, inside_above=False)
    x, y, z = ((vertices + 1) * (resolution - 1) / 2).round().long().unbind(dim=1)
    return Mesh(vertices, faces, colours=near[z, y, x], name="points")


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
