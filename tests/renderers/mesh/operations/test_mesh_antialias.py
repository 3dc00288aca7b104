"""Silhouettes: areas, their analytic derivatives, and where nothing must be blended."""

from __future__ import annotations

import math

import pytest
import torch
from mesh_scenes import ball, seen
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.operations import Backend, antialias, interpolate, rasterise

SIDE = 64


def covered(clip: Tensor, faces: Tensor, backend: Backend = "warp", side: int = SIDE) -> Tensor:
    """Coverage of every pixel [N, H, W]."""
    fragments = rasterise(clip, faces, (side, side), backend=backend)
    mask = (fragments.triangle[:, 0, ..., None] >= 0).to(clip.dtype)
    return antialias(mask, fragments, clip, faces, backend=backend)[..., 0]


@pytest.mark.parametrize("seed", range(6))
def test_a_moved_triangle_changes_its_area_as_geometry_says(seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    turn = torch.rand(1, generator=draws) * 2 * math.pi + torch.tensor([0.0, 2.1, 4.2])
    points = (torch.stack([turn.cos(), turn.sin()], -1) * 0.8 + 0.1 * torch.rand(2, generator=draws)).requires_grad_()
    w = 0.5 + torch.rand(3, 1, generator=draws)
    clip = torch.cat([points * w, torch.zeros(3, 1), w], -1)[None]
    found = covered(clip, torch.tensor([[0, 1, 2]], dtype=torch.int32), side=256).sum()
    (by,) = torch.autograd.grad(found, points)
    a, b, c = points
    area = 0.5 * ((b - a)[0] * (c - a)[1] - (b - a)[1] * (c - a)[0]) * 128**2
    (true,) = torch.autograd.grad(area, points)
    assert abs(found - area) < 0.002 * area
    assert (by - true).norm() < 0.02 * true.norm()


@pytest.mark.parametrize(("rings", "sectors"), [(10, 16), (60, 90)])
def test_a_growing_ball_of_large_or_tiny_triangles(rings: int, sectors: int) -> None:
    """Most triangles of the second ball are smaller than a pixel."""
    vertices, faces = ball(rings, sectors)
    radius = torch.tensor(1.0, dtype=torch.float64, requires_grad=True)
    turn = torch.eye(3, dtype=torch.float64)[None]
    found = covered(seen(vertices * radius, turn).float(), faces, side=96).sum()
    (by,) = torch.autograd.grad(found, radius)
    exact = covered(seen(vertices * radius.detach(), turn).float(), faces, side=480).sum() / 25
    more, less = (covered(seen(vertices * r, turn).float(), faces, side=480).sum() / 25 for r in (1.005, 0.995))
    assert abs(found - exact) < 0.005 * exact
    assert abs(by - (more - less) / 0.01) < 0.02 * by


def test_edges_within_a_surface_are_not_blended() -> None:
    """The edges' pixels of a flat shaded ball keep their triangle's colour; only the outline is blended."""
    vertices, faces = ball()
    clip = seen(vertices, torch.eye(3, dtype=torch.float64)[None]).float()
    fragments = rasterise(clip, faces, (SIDE, SIDE))
    shade = torch.rand(len(faces), generator=torch.Generator().manual_seed(0))
    triangle = fragments.triangle[:, 0].long()
    colour = torch.where(triangle >= 0, shade[triangle.clamp_min(0)], 0)[..., None]
    changed = (antialias(colour, fragments, clip, faces) != colour)[0, ..., 0]
    hit = triangle[0] >= 0
    outline = torch.nn.functional.max_pool2d(hit[None].float(), 3, 1, 1) != -torch.nn.functional.max_pool2d(
        -hit[None].float(), 3, 1, 1
    )
    assert changed.any()
    assert not (changed & ~outline[0]).any()
    # Without shared vertices every edge is an outline.
    alone = torch.arange(faces.numel(), dtype=torch.int32).view(-1, 3)
    blended = antialias(colour, fragments, clip[:, faces.long().flatten()], alone)
    assert ((blended != colour)[0, ..., 0] & ~outline[0]).any()


def test_the_nearer_of_two_overlapping_triangles_moves() -> None:
    """A small square before a large one: the gradient goes to the small one's corners alone."""

    def square(half: float, z: float) -> Tensor:
        return torch.tensor([[-half, -half, z, 1], [half, -half, z, 1], [half, half, z, 1], [-half, half, z, 1]])

    clip = torch.cat([square(0.91, 0.5), square(11 / 32, -0.5)])[None].requires_grad_()
    faces = torch.tensor([[0, 1, 2], [0, 2, 3], [4, 5, 6], [4, 6, 7]], dtype=torch.int32)
    fragments = rasterise(clip, faces, (SIDE, SIDE))
    values = torch.tensor([1.0] * 4 + [3.0] * 4)[None, :, None]
    picture = antialias(interpolate(values, faces, fragments)[:, 0], fragments, clip, faces)
    picture[:, 16:48, 16:48].sum().backward()
    by = clip.grad[0]
    assert not by[:4].any()
    # Growing to the right adds (3 - 1) times the length of the right edge.
    assert by[[5, 6], 0].sum().item() == pytest.approx(2 * 22 * SIDE / 2, rel=1e-4)
    assert picture.sum().item() == pytest.approx((0.91 * SIDE) ** 2 + 2 * 22**2, rel=1e-3)


def test_a_missing_back_end_says_what_to_install() -> None:
    clip = torch.zeros(1, 3, 4)
    with pytest.raises(InputError, match="pip install"):
        rasterise(clip, torch.tensor([[0, 1, 2]], dtype=torch.int32), (4, 4), backend="nvdiffrast")
