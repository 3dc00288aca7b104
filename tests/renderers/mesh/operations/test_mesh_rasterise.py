"""Which triangle a pixel shows: against a ray caster, the rule of edges, clipping and peeling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from mesh_scenes import FAR, NEAR, ball, clip_of, rotations
from torch import Tensor

from renderers.mesh.operations import Backend, interpolate, rasterise

SIZE = (44, 60)


def cast(eye: Tensor, faces: Tensor, size: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """All hits of rays through the pixels' centres (Moeller & Trumbore), nearest first.

    Returns:
        Depth [H, W, F] sorted, inf where a triangle is missed, and the triangles in that order, -1 where it is missed.
        -2 in pixels with a hit closer than 1e-5 to an edge or a clipping plane, where either answer is right.
    """
    height, width = size
    x = ((np.arange(width) + 0.5) * 2 / width - 1) / 2
    y = (1 - (np.arange(height) + 0.5) * 2 / height) / 2
    rays = np.stack([*np.meshgrid(x, y), -np.ones((height, width))], -1)[:, :, None]
    a, b, c = (eye.numpy()[faces[:, k].numpy()] for k in range(3))
    ab, ac = b - a, c - a
    p = np.cross(rays, ac)
    scale = 1 / (ab * p).sum(-1)
    u = (-a * p).sum(-1) * scale
    q = np.cross(-a, ab)
    v = (rays * q).sum(-1) * scale
    depth = (ac * q).sum(-1) * scale
    room = np.minimum.reduce([u, v, 1 - u - v, depth - NEAR, FAR - depth])
    hit = np.where(room > 0, depth, np.inf)
    order = np.argsort(hit, axis=-1, kind="stable")
    triangle = np.where(np.isfinite(np.take_along_axis(hit, order, -1)), order, -1)
    unsure = (np.abs(room) < 1e-5).any(-1, keepdims=True)
    return np.take_along_axis(hit, order, -1), np.where(unsure, -2, triangle)


@pytest.mark.parametrize("distance", [3.0, 1.4, 0.2])
def test_triangles_are_those_that_rays_hit(distance: float) -> None:
    """At 1.4 the near plane cuts the mesh open, at 0.2 the camera is inside of it."""
    vertices, faces = ball(rough=0.1)
    eye = vertices @ rotations(1)[0].T - torch.tensor([0.1, 0.05, distance])
    fragments = rasterise(clip_of(eye)[None].float(), faces, SIZE, layers=6)
    depth, triangle = cast(eye, faces, SIZE)
    sure = triangle[..., 0] != -2
    assert sure.mean() > 0.97
    for layer in range(6):
        found = fragments.triangle[0, layer].numpy()
        assert (found == triangle[..., layer])[sure].all(), layer
        z = depth[..., layer]
        both = sure & (found >= 0)
        true = (FAR + NEAR - 2 * FAR * NEAR / z[both]) / (FAR - NEAR)
        assert np.abs(fragments.depth[0, layer].numpy()[both] - true).max(initial=0) < 1e-5
    assert (triangle[..., 1] >= 0).any() or distance == 0.2


def test_weights_are_perspective_correct() -> None:
    vertices, faces = ball(rough=0.1)
    eye = vertices @ rotations(1)[0].T - torch.tensor([0, 0, 1.6])
    fragments = rasterise(clip_of(eye)[None].float(), faces, SIZE)
    where = interpolate(eye[None].float(), faces, fragments)[0, 0]
    y, x = (fragments.triangle[0, 0] >= 0).nonzero(as_tuple=True)
    ray_x = ((x + 0.5) * 2 / SIZE[1] - 1) / 2
    ray_y = (1 - (y + 0.5) * 2 / SIZE[0]) / 2
    point = where[y, x]
    assert (point[:, 0] / -point[:, 2] - ray_x).abs().max() < 1e-5
    assert (point[:, 1] / -point[:, 2] - ray_y).abs().max() < 1e-5


def test_steps_are_what_the_next_pixel_differs_by() -> None:
    clip = torch.tensor([[[-3.0, -2.5, 0.2, 1.0], [4.0, -3.0, 0.5, 2.5], [0.3, 5.0, 0.1, 1.7]]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2]], dtype=torch.int32)
    uv = torch.rand(1, 3, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    fragments = rasterise(clip.float(), faces, (64, 64))
    _, steps = interpolate(uv.float(), faces, fragments, derivatives=True)
    values = interpolate(uv, faces, rasterise(clip, faces, (64, 64), backend="reference"), backend="reference")[0, 0]
    hit = fragments.triangle[0, 0] >= 0
    inner = hit[1:-1, 1:-1] & hit[:-2, 1:-1] & hit[2:, 1:-1] & hit[1:-1, :-2] & hit[1:-1, 2:]
    right = (values[1:-1, 2:] - values[1:-1, :-2])[inner] / 2
    down = (values[2:, 1:-1] - values[:-2, 1:-1])[inner] / 2
    found = steps[0, 0, 1:-1, 1:-1][inner]
    assert inner.sum() > 500
    assert (found[..., 0] - right).abs().max() < 2e-3 * right.abs().max()
    assert (found[..., 1] - down).abs().max() < 2e-3 * down.abs().max()


def grid(count: int, jitter: float, tilt: float, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """A sheet that fills the picture, its corners on pixels' centres or moved at random, flat or in perspective."""
    draws = torch.Generator().manual_seed(seed)
    line = torch.linspace(-1, 1, count + 1) * (1 + 1 / size)
    y, x = torch.meshgrid(line, line, indexing="ij")
    moved = (torch.rand(2, count + 1, count + 1, generator=draws) - 0.5) * jitter * 2 / count
    moved[:, [0, -1]] = 0
    moved[:, :, [0, -1]] = 0
    w = 1 + tilt * torch.rand(count + 1, count + 1, generator=draws)
    clip = torch.stack([(x + moved[0]) * w, (y + moved[1]) * w, torch.zeros_like(w), w], -1).view(-1, 4)
    faces = []
    for a in (row * (count + 1) + column for row in range(count) for column in range(count)):
        b, c, d = a + 1, a + count + 1, a + count + 2
        flip = torch.rand(1, generator=draws).item() < 0.5
        faces += [(a, b, d), (d, c, a)] if flip else [(b, c, a), (c, b, d)]
    return clip[None], torch.tensor(faces, dtype=torch.int32)


@pytest.mark.parametrize("backend", ["warp", "reference"])
@pytest.mark.parametrize(
    ("count", "jitter", "tilt"), [(25, 0.0, 0.0), (5, 0.0, 0.0), (10, 0.4, 0.0), (10, 0.4, 3.0), (20, 0.4, 1.0)]
)
def test_shared_edges_show_each_pixel_once(count: int, jitter: float, tilt: float, backend: Backend) -> None:
    """The corners of the first two sheets, of 25 x 25 and 5 x 5, are centres of pixels: every edge hits some."""
    size = (24, 24)
    clip, faces = grid(count, jitter, tilt, 24, 1)
    # Vertices of its own for each triangle: what counts is where edges are, not how they are numbered.
    split = clip[:, faces.long().flatten()]
    for positions, table in ((clip, faces), (split, torch.arange(faces.numel(), dtype=torch.int32).view(-1, 3))):
        triangle = rasterise(positions, table, size, layers=2, backend=backend).triangle[0]
        assert (triangle[0] >= 0).all()
        assert (triangle[1] == -1).all()


def test_a_square_has_its_top_left_pixels() -> None:
    """From centre to centre: the edges on the left and at the top belong to it, those at the right and below do not."""
    low, high = (2 * (4 + 0.5) / 16 - 1), (2 * (10 + 0.5) / 16 - 1)
    corners = [(low, -low), (high, -low), (high, -high), (low, -high)]
    clip = torch.tensor([[(x, y, 0.0, 1.0) for x, y in corners]])
    for faces in ([(0, 1, 2), (0, 2, 3)], [(1, 0, 3), (3, 2, 1)]):
        seen = rasterise(clip, torch.tensor(faces, dtype=torch.int32), (16, 16)).triangle[0, 0] >= 0
        expected = torch.zeros(16, 16, dtype=torch.bool)
        expected[4:10, 4:10] = True
        assert torch.equal(seen, expected)


def test_the_floor_ends_where_the_near_plane_cuts_it() -> None:
    """A floor that goes on behind the camera: lower than the horizon, nearer than the near plane's lower edge."""
    eye = torch.tensor([[-50.0, -1, 20], [50.0, -1, 20], [0.0, -1, -200]], dtype=torch.float64)
    faces = torch.tensor([[0, 1, 2]], dtype=torch.int32)
    seen = rasterise(clip_of(eye)[None].float(), faces, (64, 64)).triangle[0, 0] >= 0
    y = 1 - (torch.arange(64) + 0.5) / 32
    distance = 2 / -y  # of the floor at that row
    expected = (y < 0) & (distance > NEAR) & (distance < FAR)
    assert torch.equal(seen, expected[:, None].expand(64, 64))


def test_equal_depths_go_by_index_and_peel_one_after_the_other() -> None:
    clip = torch.tensor([[[-1.0, -1, 0, 1], [3, -1, 0, 1], [-1, 3, 0, 1]]]).repeat(1, 3, 1)
    faces = torch.arange(9, dtype=torch.int32).view(3, 3)
    triangle = rasterise(clip, faces, (8, 8), layers=4).triangle[0]
    assert [layer.unique().tolist() for layer in triangle] == [[0], [1], [2], [-1]]
