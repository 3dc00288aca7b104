"""Levels: how a hash grid lays out its levels in one table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

PRIMES = (1, 2654435761, 805459861)
"""Of the hash, for x, y and z; 1 keeps neighbours along x close in memory."""


@dataclass(frozen=True)
class Levels:
    """Levels of a hash grid from coarse to fine, as tiny-cuda-nn lays them out.

    Args:
        count: L.
        base: vertices on each axis of the coarsest level.
        finest: of the finest level, where it is above ``base``.
        log2_size: of the greatest number of rows that a level has; finer levels share them by hashing.

    Source: Mueller et al. 2022, Instant Neural Graphics Primitives with a Multiresolution Hash Encoding.
    """

    count: int = 16
    base: int = 16
    finest: int = 512
    log2_size: int = 19

    @cached_property
    def scales(self) -> list[float]:
        """Cells of each level along the box, base * growth^level - 1, rounded as in single precision."""
        growth = (self.finest / self.base) ** (1.0 / max(self.count - 1, 1))
        exponents = np.arange(self.count, dtype=np.float32) * np.log2(np.float32(growth))
        scales: list[float] = (np.exp2(exponents) * np.float32(self.base) - np.float32(1)).tolist()
        return scales

    @cached_property
    def resolutions(self) -> list[int]:
        """Vertices of each level on each axis."""
        return [int(np.ceil(scale)) + 1 for scale in self.scales]

    @cached_property
    def sizes(self) -> list[int]:
        """Rows of each level: one for each vertex, up to the next multiple of 8, or as many as a hashed level has."""
        return [min(-(-(side**3) // 8) * 8, 2**self.log2_size) for side in self.resolutions]

    @cached_property
    def offsets(self) -> list[int]:
        """The first row of each level, and T, the number of all."""
        return [0, *np.cumsum(self.sizes).tolist()]

    @cached_property
    def hashed(self) -> list[bool]:
        """Whether a level has more vertices than rows."""
        return [side**3 > size for side, size in zip(self.resolutions, self.sizes, strict=True)]

    def layout(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """What kernels read: scales [L], and of each level resolution, rows, first row and whether it is hashed."""
        columns = (self.resolutions, self.sizes, self.offsets[:-1], self.hashed)
        table = torch.tensor(columns, dtype=torch.int32, device=device).T.contiguous()
        return torch.tensor(self.scales, device=device), table
