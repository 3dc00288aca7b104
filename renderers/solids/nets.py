"""Surface nets: the mesh of a signed distance."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.solids.forms import Distance

BLOCK = 4
"""Vertices of the grid along a block; blocks far from the surface are known by their middle."""

SAFE = 2.0
"""How many times a block's radius its middle must be away from the surface; distances are true to a factor only."""


def surface_nets(distance: Distance, step: float, reach: float) -> tuple[Tensor, Tensor]:
    """Vertices and faces of the surface where a distance is zero, evenly sized.

    Args:
        distance: negative inside.
        step: of the grid.
        reach: everything lies within this distance from 0, on each axis.

    Returns:
        float32 [P, 3] and int32 [F, 3], counter-clockwise from outside; every edge has as many faces one way as the
        other.

    Source: Gibson, Constrained Elastic Surface Nets, 1998, without the elasticity; then Newton steps.
    """
    blocks = int(2 * reach / (step * BLOCK)) + 1
    n = blocks * BLOCK
    axis = (torch.arange(n) + 0.37 - n / 2) * step  # not where planes of symmetry are
    values = _sampled(distance, axis, step)
    inside = values < 0
    stride = torch.tensor([n * n, n, 1])
    cells, crossings, quads = [], [], []
    for k in range(3):
        here, there = values.narrow(k, 0, n - 1), values.narrow(k, 1, n - 1)
        found = (inside.narrow(k, 0, n - 1) != inside.narrow(k, 1, n - 1)).nonzero()
        a, b = here[tuple(found.T)], there[tuple(found.T)]
        points = axis[found]
        points[:, k] += step * a / (a - b)
        one, two = stride[(k + 1) % 3], stride[(k + 2) % 3]
        corner = (found * stride).sum(1)
        index = torch.stack([corner - one - two, corner - two, corner, corner - one], 1)
        cells.append(index.T.reshape(-1))
        crossings.append(points.repeat(4, 1))
        quads.append(torch.where((a < b)[:, None], index, index.flip(1)))
    used, corners = torch.cat(quads).unique(return_inverse=True)  # type: ignore[no-untyped-call]
    row = torch.searchsorted(used, torch.cat(cells))
    sums = torch.zeros(len(used), 3).index_add_(0, row, torch.cat(crossings))
    counts = torch.zeros(len(used)).index_add_(0, row, torch.ones(len(row)))
    faces = torch.cat([corners[:, [0, 1, 2]], corners[:, [0, 2, 3]]]).int()
    return _settled(sums / counts[:, None], distance), faces


def slopes(distance: Distance, points: Tensor, small: float = 1e-3) -> Tensor:
    """The gradient of a distance at points [N, 3], by central differences."""
    offsets = small * torch.eye(3)
    sides = distance(torch.cat([points + sign * offset for sign in (1, -1) for offset in offsets]))
    return (sides.view(2, 3, -1)[0] - sides.view(2, 3, -1)[1]).T / (2 * small)


def _sampled(distance: Distance, axis: Tensor, step: float) -> Tensor:
    """Distances on a grid [n, n, n]; far from the surface those of blocks' middles."""
    middles = axis.view(-1, BLOCK).mean(1)
    count = len(middles)
    coarse = distance(torch.cartesian_prod(middles, middles, middles))
    near = coarse.abs() < SAFE * 0.5 * 3**0.5 * BLOCK * step
    fine = coarse[:, None].repeat(1, BLOCK**3)
    within = torch.cartesian_prod(*[axis[:BLOCK] - middles[0]] * 3)
    blocks = torch.cartesian_prod(middles, middles, middles)[near]
    fine[near] = distance((blocks[:, None] + within).view(-1, 3)).view(-1, BLOCK**3)
    fine = fine.view(count, count, count, BLOCK, BLOCK, BLOCK)
    return fine.permute(0, 3, 1, 4, 2, 5).reshape([len(axis)] * 3)


def _settled(vertices: Tensor, distance: Distance) -> Tensor:
    """Newton steps onto the surface."""
    for _ in range(2):
        slope = slopes(distance, vertices)
        far = distance(vertices) / slope.square().sum(1).clamp_min(0.1)
        vertices = vertices - 0.7 * far[:, None] * slope
    return vertices
