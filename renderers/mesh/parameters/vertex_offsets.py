"""Vertex offsets: every vertex moves freely."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from limn.ranges import Length, Rate
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters.parameterisation import Parameterisation


class VertexOffsets(Parameterisation):
    """Adds an offset to every vertex.

    Args:
        mesh: that is optimised.
        candidates: S.
        generator: not used, offsets start at zero.
        learning_rate: of the offsets, in world units.
        limit: greatest offset along each axis.
    """

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 0.002,
        limit: Length = 2.0,
    ) -> None:
        super().__init__()
        self.learning_rate, self.limit = learning_rate, limit
        self.offsets = nn.Parameter(torch.zeros_like(mesh.vertices).repeat(candidates, 1, 1))

    def forward(self, surface: Surface) -> Surface:
        """The surface with its vertices moved."""
        return replace(surface, vertices=surface.vertices + self.offsets)

    def parameter_groups(self) -> list[ParameterGroup]:
        """``vertices``."""
        return [ParameterGroup("vertices", [self.offsets], self.learning_rate)]

    def constrain(self) -> None:
        """Keeps offsets within the limit."""
        self.offsets.clamp_(-self.limit, self.limit)
