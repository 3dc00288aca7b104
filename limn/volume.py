"""Volume: what rays saw of a field."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import ClassVar, Self

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


@dataclass(frozen=True)
class Volume(Geometry):
    """S candidates of a field in the box -1..1, as the rays of V pictures saw them.

    Args:
        opacity: of every ray [S, V * H * W]; rays are numbered candidate by candidate, view by view, row by row.
        samples: of all rays.
        weights: how much of its ray's colour each sample gives, transmittance times opacity [M].
        owner: the candidate of each sample, int32 [M].
        directions: of each sample's ray, unit [M, 3].
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
    directions: Tensor
    normals: Tensor | None = None
    gradients: Tensor | None = None
    tables: tuple[Tensor, ...] = ()
    query: Query | None = None
    raw: Tensor | None = None

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

    def detach(self) -> Self:
        """The same without gradient."""
        return replace(super().detach(), tables=tuple(table.detach() for table in self.tables))
