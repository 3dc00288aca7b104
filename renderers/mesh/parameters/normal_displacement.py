"""Normal displacement: every vertex moves in and out."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import nn

from limn.ranges import Length, Rate
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import vertex_normals
from renderers.mesh.parameters.parameterisation import Parameterisation


class NormalDisplacement(Parameterisation):
    """Moves every vertex along its normal, by ``limit`` tanh(height).

    Args:
        mesh: that is optimised.
        candidates: S.
        generator: not used, heights start at zero.
        learning_rate: of the heights, which have no unit.
        limit: greatest displacement; 0.1 as in text2mesh.
    """

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 0.02,
        limit: Length = 0.1,
    ) -> None:
        super().__init__()
        self.learning_rate, self.limit = learning_rate, limit
        self.heights = nn.Parameter(torch.zeros_like(mesh.vertices[:, :1]).repeat(candidates, 1, 1))

    def forward(self, surface: Surface) -> Surface:
        """The surface with its vertices moved along the normals that it came with."""
        normals = vertex_normals(surface.vertices, surface.faces)
        return replace(surface, vertices=surface.vertices + self.limit * self.heights.tanh() * normals)

    def parameter_groups(self) -> list[ParameterGroup]:
        """``displacement``."""
        return [ParameterGroup("displacement", [self.heights], self.learning_rate)]
