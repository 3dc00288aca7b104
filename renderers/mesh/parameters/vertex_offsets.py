"""Vertex offsets: every vertex moves freely."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Length, Rate
from limn.surface import Connectivity, Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters.adam_uniform import AdamUniform
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.mesh.smoothing import Smoothing

WITHIN = 0.999
"""Of the limit: where an offset beyond it is put, so that rounding does not carry it out again."""


class VertexOffsets(Parameterisation):
    """Adds an offset to every vertex: (I + smoothing L)^-1 of what is optimised.

    The gradient of one vertex then moves its neighbourhood, so large steps do not tear the surface; nothing keeps the
    result from sharp features.

    Source: Nicolet, Jacobson and Jakob 2021, "Large steps in inverse rendering of geometry".

    Args:
        mesh: that is optimised.
        candidates: S.
        generator: not used, offsets start at zero.
        learning_rate: of what is optimised, in world units; 0.05 unless given, 0.002 for plain offsets.
        smoothing: lambda; a step reaches about sqrt(lambda) edges far. 0 gives plain offsets under Adam.
        limit: greatest offset along each axis.
    """

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate | None = None,
        smoothing: Annotated[float, Field(ge=0, le=1000)] = 5.0,
        limit: Length = 2.0,
    ) -> None:
        super().__init__()
        usual = 0.05 if smoothing else 0.002
        self.learning_rate = usual if learning_rate is None else learning_rate
        self.limit = limit
        self.smoothing = Smoothing(Connectivity(mesh.faces), len(mesh.vertices), smoothing)
        self.offsets = nn.Parameter(torch.zeros_like(mesh.vertices).repeat(candidates, 1, 1))

    def moved(self) -> Tensor:
        """How far vertices are from where they started [S, P, 3]."""
        moved: Tensor = self.smoothing(self.offsets)
        return moved

    def forward(self, surface: Surface) -> Surface:
        """The surface with its vertices moved."""
        return replace(surface, vertices=surface.vertices + self.moved())

    def parameter_groups(self) -> list[ParameterGroup]:
        """``vertices``."""
        optimiser = AdamUniform if self.smoothing.strength else torch.optim.Adam
        return [ParameterGroup("vertices", [self.offsets], self.learning_rate, optimiser)]

    def constrain(self) -> None:
        """Keeps vertices within the limit."""
        if self.offsets.abs().amax() <= self.limit:
            return  # smoothing makes nothing larger
        moved = self.moved()
        if moved.abs().amax() > self.limit:
            kept = WITHIN * self.limit
            self.offsets.copy_(self.smoothing.inverse(moved.clamp(-kept, kept)))
