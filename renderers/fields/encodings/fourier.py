"""Fourier features: sines and cosines of the coordinates."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from renderers.base import ParameterGroup
from renderers.fields.encodings.encoding import Encoding


class Fourier(Encoding):
    """The coordinates, and sines and cosines of pi 2^i times them; the bands i fade in one after the other.

    It has nothing to learn: all is in the network behind it, which is smooth and slow.

    Args:
        candidates: S; all have the same features.
        generator: not used.
        bands: B.

    Source: Mildenhall et al. 2020, NeRF; the fading is that of Lin et al. 2021, BARF.
    """

    def __init__(
        self, candidates: int, generator: torch.Generator, bands: Annotated[int, Field(ge=1, le=16)] = 6
    ) -> None:
        super().__init__()
        self.bands, self.features = bands, 3 + 6 * bands
        self.opened = float(bands)

    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        """Coordinates, then sines and cosines from the coarsest band to the finest [M, 3 + 6 * B]."""
        points = points.clamp(-1.0, 1.0)
        band = torch.arange(self.bands, dtype=points.dtype, device=points.device)[:, None]
        angles = points[:, None] * (math.pi * 2.0**band)
        weights = (1.0 - (math.pi * (self.opened - band).clamp(0.0, 1.0)).cos()) / 2.0
        waves = torch.stack([weights * angles.sin(), weights * angles.cos()], dim=2)
        return torch.cat([points, waves.flatten(1)], dim=1)

    def open(self, fraction: float) -> None:
        """Fades bands in from coarse to fine; the last one is all there at 1."""
        self.opened = 1.0 + fraction * (self.bands - 1)

    def parameter_groups(self) -> list[ParameterGroup]:
        """None."""
        return []

    @property
    def cell(self) -> float:
        """Half of the finest wavelength that has begun to show, in a box of side 2."""
        return 2.0 ** (1 - math.ceil(self.opened))
