"""Tri-plane: features on three planes of the box."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Rate
from renderers.base import ParameterGroup
from renderers.fields.encodings.encoding import Encoding
from renderers.fields.operations.triplane import triplane


class Triplane(Encoding):
    """Features on the planes XY, XZ and YZ for a network, which get memory for fine detail from a square, not a cube.

    Args:
        candidates: S.
        generator: draws the features, with a standard deviation of 0.1.
        resolution: vertices on each axis of a plane; those at the ends lie on the faces of the box.
        features_per_plane: at each vertex.
        learning_rate: of the features.

    Source: Chan et al. 2022, Efficient Geometry-aware 3D Generative Adversarial Networks.
    """

    def __init__(
        self,
        candidates: int,
        generator: torch.Generator,
        resolution: Annotated[int, Field(ge=2, le=2048)] = 128,
        features_per_plane: Annotated[int, Field(ge=1, le=64)] = 8,
        learning_rate: Rate = 0.01,
    ) -> None:
        super().__init__()
        self.features, self.learning_rate = 3 * features_per_plane, learning_rate
        shape = (candidates, 3, resolution, resolution, features_per_plane)
        self.planes = nn.Parameter(0.1 * torch.randn(shape, generator=generator))

    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        """Interpolated [M, 3 * C], see `triplane`."""
        return triplane(points, owner, self.planes)

    @torch.no_grad()
    def take_over(self, other: Encoding) -> None:
        """Becomes the function of another tri-plane, at its own resolution.

        Args:
            other: of as many candidates and features.

        Raises:
            InputError: it is no such tri-plane.
        """
        if not isinstance(other, Triplane) or other.features != self.features:
            super().take_over(other)
            return
        size, stacked = self.planes.shape[2:4], other.planes.flatten(0, 1).permute(0, 3, 1, 2)
        found = F.interpolate(stacked, size=size, mode="bilinear", align_corners=True)
        self.planes.copy_(found.permute(0, 2, 3, 1).view_as(self.planes))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``features``."""
        return [ParameterGroup("features", [self.planes], self.learning_rate)]

    @property
    def cell(self) -> float:
        """Side of a cell in a box of side 2."""
        return 2.0 / (self.planes.shape[2] - 1)

    @property
    def tables(self) -> tuple[Tensor, ...]:
        """The three planes [S, R, R, C]; axes y, x of XY, z, x of XZ and z, y of YZ."""
        return self.planes.unbind(dim=1)
