"""Marching cubes: the surface where values on a grid cross a level, differentiable by the values."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.checks import Arguments
from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.cases import AXES, EDGES, cases


def marching_cubes(values: Tensor, level: float = 0.0, inside_above: bool = True) -> tuple[Tensor, Tensor]:
    """The closed surface between inside and outside, in the box -1..1.

    A vertex lies where a line between two nodes of the grid crosses the level: at t = (level - a) / (b - a) of it. What
    reaches the border of the box is closed there.

    Args:
        values: on the nodes of a grid whose outermost lie on the faces of the box [Rz, Ry, Rx].
        level: of the surface.
        inside_above: values inside are above the level, as densities, or below it, as signed distances.

    Returns:
        Vertices (x, y, z), connected to the values [P, 3], and faces, counter-clockwise seen from outside, int32
        [F, 3]; both empty where nothing is inside.

    Raises:
        InputError: values that are not numbers on a grid of at least two nodes along each axis.

    Source: Lorensen and Cline 1987; sides of cubes are cut as in `cases`, so the surface is watertight.
    """
    given = Arguments("marching_cubes")
    values = given.numbers("values", values, "Rz Ry Rx")
    if min(values.shape) < 2:
        given.refuse("values", list(values.shape), "at least two nodes along each axis")
    # As a signed distance, negative inside, with a layer of outside around it.
    distance = F.pad(level - values if inside_above else values - level, (1,) * 6, value=1.0)
    inside = distance < 0
    first, second, number = crossings(inside)
    flat = distance.flatten()
    # The layer around the grid lies on the border, as its neighbours do.
    places = F.pad(nodes(values.shape, values.device).movedim(3, 0), (1,) * 6, mode="replicate").view(3, -1).t()
    a, b = flat[first], flat[second]
    vertices = torch.lerp(places[first], places[second], (a / (a - b))[:, None])
    return vertices, _faces(inside, number)


def codes(inside: Tensor) -> Tensor:
    """The case of every cube, as in `cases`, int64 [Rz - 1, Ry - 1, Rx - 1], of nodes [Rz, Ry, Rx]."""
    code: Tensor = inside.new_zeros([side - 1 for side in inside.shape], dtype=torch.uint8)
    for corner in range(8):
        x, y, z = (slice(corner >> axis & 1, size - 1 + (corner >> axis & 1)) for axis, size in _sizes(inside))
        code += inside[z, y, x].to(torch.uint8) << corner
    return code.long()


def crossings(inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The lines of a grid between a node inside and one outside.

    Args:
        inside: of nodes, bool [Rz, Ry, Rx].

    Returns:
        The first and the second node of each, numbered as ``inside.flatten()`` [P], all lines along x before those
        along y and z; and which of them starts at a node along each axis, -1 for none [3, Rz * Ry * Rx].
    """
    steps, first = strides(inside), []
    for dimension in (2, 1, 0):
        crossed = torch.zeros_like(inside)
        size = inside.shape[dimension] - 1
        changes = inside.narrow(dimension, 0, size) != inside.narrow(dimension, 1, size)
        crossed.narrow(dimension, 0, size).copy_(changes)
        first.append(crossed.flatten().nonzero()[:, 0])
    second = torch.cat([nodes + steps[axis] for axis, nodes in zip(AXES, first, strict=True)])
    number = torch.full((3, inside.numel()), -1, device=inside.device)
    place = torch.cat([nodes + axis * inside.numel() for axis, nodes in zip(AXES, first, strict=True)])
    number.view(-1)[place] = torch.arange(len(place), device=inside.device)
    return torch.cat(first), second, number


def strides(grid: Tensor) -> tuple[int, int, int]:
    """From a node to the next along x, y and z, as numbers of nodes of a grid [Rz, Ry, Rx]."""
    return 1, grid.shape[2], grid.shape[2] * grid.shape[1]


def corner_offsets(grid: Tensor) -> Tensor:
    """From the first corner of a cube to each of its corners, as numbers of nodes of a grid [8]."""
    steps = strides(grid)
    return torch.tensor([sum(steps[a] for a in AXES if c >> a & 1) for c in range(8)], device=grid.device)


def cubes(inside: Tensor) -> tuple[Tensor, Tensor]:
    """The cubes that a surface cuts: the numbers of their first nodes [n], and their cases [n]."""
    code = F.pad(codes(inside), (0, 1) * 3).flatten()  # numbered as nodes
    first = ((code > 0) & (code < 255)).nonzero()[:, 0]
    return first, code[first]


def _sizes(grid: Tensor) -> list[tuple[int, int]]:
    return [(axis, grid.shape[2 - axis]) for axis in AXES]


def _faces(inside: Tensor, number: Tensor) -> Tensor:
    first, code = cubes(inside)
    table = cases(inside.device)
    start, count = table.first_triangle[code], table.first_triangle.diff()[code]
    cube = torch.arange(len(first), device=first.device).repeat_interleave(count)
    within = torch.arange(len(cube), device=first.device) - (count.cumsum(0) - count)[cube]
    edges = table.triangles[start[cube] + within]
    axis, corner = torch.tensor(EDGES, device=first.device)[edges].unbind(dim=2)
    return number[axis, first[cube][:, None] + corner_offsets(inside)[corner]].int()
