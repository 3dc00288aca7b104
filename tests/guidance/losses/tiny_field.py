"""A field of a few samples on rays, none of them made by a renderer, and a query whose answer is known."""

from __future__ import annotations

from itertools import accumulate

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.frames import Frames
from limn.volume import Samples, Volume

VIEWS, HEIGHT, WIDTH = 2, 3, 4
PER_RAY = [3, 0, 5, 1, 2, 4, 1, 6, 0, 2, 3, 3] * VIEWS
GRID = 3


def waves(table: Tensor, points: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
    """A sum of cosines, one of each node of a grid, and its gradient."""
    nodes = torch.stack(torch.meshgrid(*[torch.arange(1.0, GRID + 1)] * 3, indexing="ij"), dim=3).view(-1, 3)
    heights, phase = table.flatten(1)[owner.long()], points @ nodes.to(points).T
    return (heights * phase.cos()).sum(dim=1), -(heights * phase.sin()) @ nodes.to(points)


def tiny_field(candidates: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Frames:
    """S candidates with as many samples on the same rays, all else at random."""
    draws = torch.Generator().manual_seed(seed)

    def uniform(*shape: int) -> Tensor:
        return torch.rand(shape, generator=draws, dtype=dtype)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=draws, dtype=dtype)

    counts = PER_RAY * candidates
    many, rays = sum(counts), len(counts)
    ray = torch.arange(rays).repeat_interleave(torch.tensor(counts))
    starts = torch.tensor([0, *accumulate(counts)])
    lengths = 0.05 + 0.1 * uniform(many)
    distances = torch.cat([1.5 + row.cumsum(0) - row / 2 for row in lengths.split(counts)])
    points = 2 * uniform(many, 3) - 1
    samples = Samples(points, distances, lengths, ray.int(), starts.int())
    owner = torch.arange(candidates).repeat_interleave(sum(PER_RAY)).int()
    weights = 0.05 + 0.2 * uniform(many)
    table = 0.3 * normal(candidates, GRID, GRID, GRID, 1)
    volume = Volume(
        0.4 + 0.6 * uniform(candidates, len(PER_RAY)),
        samples,
        weights,
        owner,
        F.normalize(normal(rays, 3), dim=1),
        F.normalize(normal(many, 3), dim=1),
        normal(many, 3),
        (table,),
        lambda points, owner: waves(table, points, owner),
    )
    shape = candidates, VIEWS, 1, HEIGHT, WIDTH
    return Frames(
        uniform(candidates, VIEWS, 3, HEIGHT, WIDTH),
        volume.opacity.view(shape).clone(),
        2 + uniform(*shape),
        F.normalize(normal(candidates, VIEWS, 3, HEIGHT, WIDTH), dim=2),
        geometry=volume,
    )


def parts_of(frames: Frames) -> list[Tensor]:
    """What losses on fields read, each with S or a multiple of it as its first dimension."""
    volume = frames.geometry
    assert isinstance(volume, Volume)
    assert frames.depth is not None
    assert frames.normal is not None
    assert volume.normals is not None
    assert volume.gradients is not None
    seen = [frames.depth, frames.normal, volume.opacity, volume.weights]
    return [*seen, volume.normals, volume.gradients, *volume.tables]
