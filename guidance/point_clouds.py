"""Point clouds: points on what is drawn, and depth maps of them, differentiable by the places of the points."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from limn.cameras import Cameras, orbit, unproject
from limn.errors import InputError
from limn.frames import Frames
from limn.gather import gather_rows
from limn.step import Step
from limn.surface import Surface

SIDES = ((180.0, 0.0), (270.0, 0.0), (0.0, 0.0), (90.0, 0.0))
CORNERS = ((54.736, -30.0), (54.736, 30.0), (125.264, 30.0), (125.264, -30.0))
POLES = ((180.0, 90.0), (180.0, -90.0))
"""Azimuth and elevation in degrees of PointCLIP's views, in its order."""

DISTANCE, FOV = 1.4, 90.0
LIMITS = DISTANCE - 1.0, DISTANCE + 1.0
"""How near and how far a point in the unit sphere is seen."""

STRIDES = (0.8191725133961645, 0.6710436067037893, 0.5497004779019703)
"""Powers of 1 / g, where g^4 = g + 1: places that fill a cube evenly (Roberts 2018, the sequence R3)."""


def ten_views() -> Cameras:
    """The ten views of PointCLIP: four sides, four corners, top and bottom, for points in the unit sphere.

    Source: Zhang et al., PointCLIP, 2022, its views for few shots: a camera 1.4 from the middle that sees 90 degrees.
    There pictures are mirrored, and the corners' horizon is tilted; here all cameras stand upright.
    """
    azimuth, elevation = torch.tensor([*SIDES, *CORNERS, *POLES]).deg2rad().unbind(dim=1)
    return orbit(azimuth, elevation, DISTANCE, math.radians(FOV))


def points_of(frames: Frames, count: int, step: Step) -> Tensor:
    """Points on the surface of what is drawn [S, count, 3], evenly spread, and differently at each step of a training.

    Of a mesh they lie anywhere on its faces. Of another scene with depth and cameras they are what its views see.

    Args:
        frames: S candidates.
        count: of points.
        step: draws their places, the same for all candidates.

    Raises:
        InputError: the scene has neither.
    """
    shift = torch.rand(3, generator=step.generator("points")) if step.training else None
    places = even_places(count, shift).to(frames.rgb.device)
    if isinstance(frames.geometry, Surface):
        return on_faces(frames.geometry.vertices, frames.geometry.faces, places, frames.geometry.rest)
    if frames.depth is None or frames.cameras is None:
        raise InputError("point_cloud: this scene has no points; expected a model or a field")
    seen = unproject(frames.depth[:, :, 0], frames.cameras).flatten(1, 3)
    return _rows(seen, _chosen(frames.alpha.flatten(1), places[:, 0]))


def even_places(count: int, shift: Tensor | None = None) -> Tensor:
    """Places that fill the cube 0..1 evenly [count, 3], all moved by a shift [3], around the ends."""
    places = torch.arange(count)[:, None].double() * torch.tensor(STRIDES, dtype=torch.float64)
    return ((places if shift is None else places + shift) % 1.0).float()


def on_faces(vertices: Tensor, faces: Tensor, places: Tensor, rest: Tensor | None = None) -> Tensor:
    """Points on triangles, as many on each as its area says.

    Args:
        vertices: of S meshes [S, P, 3].
        faces: integers [F, 3].
        places: numbers in 0..1 [N, 3]: which face, and where on it.
        rest: the vertices whose areas count [P, 3], so that points stay on their triangles while these change; those of
            each mesh when None.

    Returns:
        [S, N, 3].

    Source: Osada et al., Shape distributions, 2002.
    """
    a, b, c = gather_rows(vertices if rest is None else rest.expand_as(vertices), faces).unbind(dim=2)
    area = torch.linalg.cross(b - a, c - a).norm(dim=-1)
    root, along = places[:, 1:2].sqrt(), places[:, 2:3]
    weights = torch.cat([1 - root, root * (1 - along), root * along], dim=1)
    chosen = _rows(gather_rows(vertices, faces).flatten(2), _chosen(area, places[:, 0]))
    return (chosen.view(*chosen.shape[:2], 3, 3) * weights[:, :, None]).sum(dim=2)


def depth_maps(points: Tensor, cameras: Cameras, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Depth maps of point clouds.

    A point covers the four pixels around it, by bilinear weights. Of what it covers, nearer points hide a part: in each
    pixel they lie over one another, front to back, as layers with these weights as opacities do. All is continuous in
    the places of the points, and differentiable nearly everywhere.

    Args:
        points: of S candidates in the world [S, P, 3].
        cameras: V of them.
        size: height and width in pixels.

    Returns:
        Distance along the view axis, the mean of what is seen, 0 where nothing is, and coverage in 0..1, both
        [S, V, 1, H, W].

    Source: after PointCLIP (Zhang et al. 2022), where a point lies in one pixel and far points shine through.
    """
    height, width = size
    cameras = cameras.shaped(size).to(points.device)
    clip = torch.einsum("vij,spj->svpi", cameras.world_to_clip, _homogeneous(points))
    depth = -torch.einsum("vj,spj->svp", cameras.view[:, 2], _homogeneous(points))
    ahead = depth > 1e-3
    x, y = (clip[..., :2] / torch.where(ahead, clip[..., 3], 1.0)[..., None]).unbind(dim=-1)
    x, y = (x + 1) * width / 2 - 0.5, (1 - y) * height / 2 - 0.5
    left, top = x.detach().floor(), y.detach().floor()
    cells, weights = [], []
    for right in (0, 1):
        for down in (0, 1):
            column, row = left + right, top + down
            inside = ahead & (column >= 0) & (column < width) & (row >= 0) & (row < height)
            near = (1 - (x - column).abs()) * (1 - (y - row).abs())
            cells.append(torch.where(inside, row * width + column, 0.0).long())
            weights.append(torch.where(inside, near, 0.0))
    cell, opacity, z = (torch.cat(parts, dim=2).flatten(0, 1) for parts in (cells, weights, [depth] * 4))
    order = z.detach().argsort(dim=1)
    order = order.gather(1, cell.gather(1, order).argsort(dim=1, stable=True))
    cell, opacity, z = (each.gather(1, order) for each in (cell, opacity, z))
    seen = opacity * _transmittance(cell, opacity)
    empty = z.new_zeros(len(z), height * width)
    alpha = empty.scatter_add(1, cell, seen)
    mean = empty.scatter_add(1, cell, seen * z) / alpha.clamp_min(1e-12)
    shape = *depth.shape[:2], 1, height, width
    return mean.view(shape), alpha.view(shape)


def _transmittance(cell: Tensor, opacity: Tensor) -> Tensor:
    """What comes through the layers before each of one cell, all [R, N]; the layers of a cell lie side by side."""
    log = torch.log1p(-opacity.double().clamp_max(1 - 1e-6))
    before = log.cumsum(dim=1) - log
    number = torch.arange(cell.shape[1], device=cell.device).expand_as(cell)
    begins = torch.ones_like(cell, dtype=torch.bool)
    begins[:, 1:] = cell[:, 1:] != cell[:, :-1]
    first = torch.where(begins, number, 0).cummax(dim=1).values
    return (before - before.gather(1, first)).exp().to(opacity)


def _homogeneous(points: Tensor) -> Tensor:
    return torch.cat([points, torch.ones_like(points[..., :1])], dim=-1)


def _chosen(weights: Tensor, places: Tensor) -> Tensor:
    """Of what has weights [S, N], the numbers that places in 0..1 [P] fall on, each as often as it weighs [S, P]."""
    sums = weights.detach().clamp_min(1e-20).double().cumsum(dim=1)
    wanted = places.double() * sums[:, -1:]
    return torch.searchsorted(sums, wanted.contiguous()).clamp_max(weights.shape[1] - 1)


def _rows(rows: Tensor, index: Tensor) -> Tensor:
    """Rows [S, P, D] of [S, N, D] by an index [S, P]."""
    return rows.gather(1, index[..., None].expand(-1, -1, rows.shape[2]))
