"""Volume: what rays saw of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Self

import torch
from torch import Tensor

from limn.geometry import Geometry

Query = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]
"""Points [N, 3] and their candidates [N] -> the raw values there [N] and their gradients in space [N, 3]."""


@dataclass(frozen=True)
class Samples:
    """Where rays look at a field: ray after ray, near to far. M samples of R rays.

    Args:
        points: in the world, the middles of intervals [M, 3].
        distances: from the eye along the ray [M].
        lengths: of the intervals [M].
        ray: of each sample, ascending, int32 [M].
        starts: the first sample of each ray, and M at the end, int32 [R + 1].
    """

    points: Tensor
    distances: Tensor
    lengths: Tensor
    ray: Tensor
    starts: Tensor

    def sums(self, values: Tensor) -> Tensor:
        """The sum over each ray [R] of values of samples [M]."""
        return values.new_zeros(len(self.starts) - 1).index_add(0, self.ray.long(), values)

    def of_rays(self, first: int, last: int) -> Samples:
        """Those of the rays ``first`` up to, without it, ``last``; these are numbered from 0 then."""
        start, end = self.starts[first], self.starts[last]
        points, distances, lengths, ray = (t[start:end] for t in (self.points, self.distances, self.lengths, self.ray))
        return Samples(points, distances, lengths, ray - first, self.starts[first : last + 1] - start)

    def to(self, device: torch.device | str) -> Samples:
        """The same on another device."""
        return Samples(*(getattr(self, field.name).to(device) for field in fields(self)))


@dataclass(frozen=True)
class Volume(Geometry):
    """S candidates of a field in the box -1..1, as the rays of V pictures saw them.

    Args:
        opacity: of every ray [S, V * H * W]; rays are numbered candidate by candidate, view by view, row by row.
        samples: of all rays.
        weights: how much of its ray's colour each sample gives, transmittance times opacity [M].
        owner: the candidate of each sample, int32 [M].
        sights: directions of the rays, unit [R, 3].
        normals: unit, away from what is dense, zero where a field is flat [M, 3]; where they were asked for.
        gradients: of the signed distance in space [M, 3], where the field is one.
        tables: what lies on grids [S, ..., C], each with its axes of space between.
        query: the field itself, for losses that look elsewhere; differentiable by its parameters.
        raw: the value of the field at each sample, before it became a density [M].
    """

    noun: ClassVar[str] = "a field"
    per_candidate: ClassVar[tuple[str, ...]] = ("opacity",)

    opacity: Tensor
    samples: Samples
    weights: Tensor
    owner: Tensor
    sights: Tensor
    normals: Tensor | None = None
    gradients: Tensor | None = None
    tables: tuple[Tensor, ...] = ()
    query: Query | None = None
    raw: Tensor | None = None

    @property
    def directions(self) -> Tensor:
        """That of each sample's ray [M, 3]."""
        return self.sights.index_select(0, self.samples.ray)

    def means(self, values: Tensor, mask: Tensor | None = None) -> Tensor:
        """The mean over the samples of each candidate [S]; 0 where it has none.

        Args:
            values: of samples [M].
            mask: which of them count [M].
        """
        counted = torch.ones_like(values) if mask is None else mask.to(values)
        zeros = values.new_zeros(self.candidates)
        total = zeros.index_add(0, self.owner.long(), values * counted)
        return total / zeros.index_add(0, self.owner.long(), counted).clamp_min(1.0)

    def ray_means(self, values: Tensor) -> Tensor:
        """The mean over the rays of each candidate [S] of values of rays [R]."""
        return values.view(self.candidates, -1).mean(dim=1)

    def centroids(self) -> Tensor:
        """The middle of what rays saw: the mean of the samples' points by their weights [S, 3]; 0 where all is empty.

        Source: Dream Fields (Jain et al. 2022), which follows it by an exponential mean that keeps 0.999 of itself a
        step, and takes it as the origin of the scene.
        """
        zeros = self.weights.new_zeros(self.candidates)
        mass = zeros.index_add(0, self.owner.long(), self.weights)
        moment = self.weights.new_zeros(self.candidates, 3)
        moment = moment.index_add(0, self.owner.long(), self.weights[:, None] * self.samples.points)
        return moment / mass.clamp_min(1e-8)[:, None]

    def candidate(self, index: int) -> Self:
        """See `Geometry.candidate`."""
        rays, query = self.opacity.shape[1], self.query
        start, end = (int(self.samples.starts[rays * number]) for number in (index, index + 1))
        found: dict[str, Any] = {
            name: None if (value := getattr(self, name)) is None else value[start:end]
            for name in ("weights", "owner", "normals", "gradients", "raw")
        }
        return replace(
            self,
            **found | {"owner": found["owner"] - index},
            opacity=self.opacity[index : index + 1],
            sights=self.sights[rays * index : rays * (index + 1)],
            samples=self.samples.of_rays(rays * index, rays * (index + 1)),
            tables=tuple(table[index : index + 1] for table in self.tables),
            query=None if query is None else lambda points, owner: query(points, owner + index),
        )

    def detach(self) -> Self:
        """The same without gradient."""
        return replace(super().detach(), tables=tuple(table.detach() for table in self.tables))

    def to(self, device: torch.device | str) -> Self:
        """The same on another device; ``query`` stays where it is."""
        moved = super().to(device)
        return replace(moved, samples=self.samples.to(device), tables=tuple(table.to(device) for table in self.tables))
