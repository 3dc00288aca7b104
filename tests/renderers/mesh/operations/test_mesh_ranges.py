"""Meshes of different topology in one batch."""

from __future__ import annotations

import pytest
import torch
from mesh_scenes import ball, rotations, seen
from torch import Tensor

from renderers.mesh.operations import Backend, antialias, interpolate, rasterise

SIZE = (40, 40)
MESHES = [ball(), ball(5, 7), ball(12, 9, rough=0.05)]


def stacked() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """All meshes one after the other: clip [P, 4], faces, their ranges, and attributes [P, 3]."""
    clip, faces, ranges, vertices, triangles = [], [], [], 0, 0
    for (points, table), turn in zip(MESHES, rotations(len(MESHES)), strict=True):
        clip.append(seen(points, turn[None])[0])
        faces.append(table + vertices)
        ranges.append((triangles, len(table)))
        vertices, triangles = vertices + len(points), triangles + len(table)
    attributes = torch.rand(vertices, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    return torch.cat(clip), torch.cat(faces), torch.tensor(ranges), attributes


def drawn(clip: Tensor, faces: Tensor, ranges: Tensor | None, attributes: Tensor, backend: Backend) -> Tensor:
    fragments = rasterise(clip, faces, SIZE, layers=2, backend=backend, ranges=ranges)
    colour = interpolate(attributes, faces, fragments, backend=backend)
    return antialias(colour[:, 0] + fragments.depth[:, 1, ..., None], fragments, clip, faces, backend=backend)


@pytest.mark.parametrize("backend", ["warp", "reference"])
def test_a_batch_of_meshes_is_its_meshes(backend: Backend) -> None:
    dtype = torch.float32 if backend == "warp" else torch.float64
    clip, faces, ranges, attributes = stacked()
    clip, attributes = clip.to(dtype).requires_grad_(), attributes.to(dtype).requires_grad_()
    together = drawn(clip, faces, ranges, attributes, backend)
    weights = torch.randn(together.shape, generator=torch.Generator().manual_seed(1)).to(dtype)
    by = torch.autograd.grad((together * weights).sum(), (clip, attributes))
    alone = torch.cat([drawn(clip, faces[a : a + n], None, attributes, backend) for a, n in ranges.tolist()])
    assert torch.equal(together, alone)
    expected = torch.autograd.grad((alone * weights).sum(), (clip, attributes))
    for one, other in zip(by, expected, strict=True):
        torch.testing.assert_close(one, other, atol=1e-4, rtol=1e-4)
    assert by[0].abs().sum(1).gt(0).float().mean() > 0.5


def test_ranges_may_overlap_repeat_and_be_empty() -> None:
    clip, faces, ranges, _ = stacked()
    chosen = torch.stack([ranges[1], torch.tensor([5, 0]), ranges[1], torch.tensor([0, len(faces)])])
    triangle = rasterise(clip, faces, SIZE, ranges=chosen).triangle
    assert torch.equal(triangle[0], triangle[2])
    assert (triangle[1] == -1).all()
    first, count = ranges[1].tolist()
    assert triangle[0].max() < first + count
    assert triangle[0][triangle[0] >= 0].min() >= first
    assert torch.equal(triangle[3], rasterise(clip, faces, SIZE).triangle[0])
    assert rasterise(clip, faces, SIZE, ranges=chosen[:0]).triangle.shape == (0, 1, *SIZE)


def test_same_bits_with_any_number_of_threads() -> None:
    clip, faces, ranges, attributes = stacked()
    threads, outcomes = torch.get_num_threads(), []
    try:
        for count in (1, 2, 3):
            torch.set_num_threads(count)
            leaves = clip.float().requires_grad_(), attributes.float().requires_grad_()
            picture = drawn(leaves[0], faces, ranges, leaves[1], "warp")
            outcomes.append([picture.detach(), *torch.autograd.grad(picture.sin().sum(), leaves)])
    finally:
        torch.set_num_threads(threads)
    for found in outcomes[1:]:
        assert all(torch.equal(one, other) for one, other in zip(found, outcomes[0], strict=True))
