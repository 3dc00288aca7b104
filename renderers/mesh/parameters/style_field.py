"""Style field: a neural network over the surface gives colours and displacements."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from limn.errors import InputError
from limn.gather import gather_rows
from limn.ranges import Length, Positive, Rate
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import GREY, Mesh
from renderers.mesh.normals import vertex_normals
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.scene.colour import tinted

Part = Literal["colour", "displacement"]
Axis = Literal["x", "y", "z"]
Base = Literal["own", "grey"]
Width = Annotated[int, Field(ge=1, le=1024)]


class StyleField(Parameterisation):
    """Fourier features of the vertices at the start, a perceptron, and one head each for colour and displacement.

    Colours lie tanh of the way from their base to white, or to black if that is negative; on grey this is text2mesh's
    0.5 + tanh / 2. Displacements are ``limit`` tanh along the normal. Both begin at zero. S fields are evaluated at
    once.

    Source: text2mesh (Michel et al. 2022), ``neural_style_field.py``: 256 frequencies from N(0, sigma^2), four layers
    of 256 after the first, heads of two more; sigma 10 by default and 5 in demos.

    Args:
        mesh: that is optimised, in the unit sphere.
        candidates: S; each has frequencies and weights of its own.
        generator: draws frequencies and weights.
        learning_rate: of the weights.
        parts: the outputs of the field: ``colour``, ``displacement`` or both.
        sigma: standard deviation of the frequencies, in cycles per unit: the larger, the finer the style.
        features: frequencies.
        width: of the layers.
        depth: layers between the first and the heads.
        limit: greatest displacement.
        base: what the colours are a change of: the ``own`` colours of the surface, grey where it has none, or ``grey``
            as in text2mesh, which replaces them.
        symmetry: axis across whose plane through the centre the style is mirrored.
    """

    places: Tensor

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 5e-4,
        parts: tuple[Part, ...] = ("colour", "displacement"),
        sigma: Positive = 5.0,
        features: Width = 256,
        width: Width = 256,
        depth: Annotated[int, Field(ge=0, le=16)] = 4,
        limit: Length = 0.1,
        base: Base = "own",
        symmetry: Axis | None = None,
    ) -> None:
        super().__init__()
        if not parts:
            raise InputError("style_field: parts is empty; expected colour, displacement or both")
        self.learning_rate, self.limit, self.base = learning_rate, limit, base
        places = mesh.vertices.clone()
        if symmetry is not None:
            places[:, "xyz".index(symmetry)].abs_()
        self.register_buffer("places", places, persistent=False)
        frequencies = sigma * torch.randn(candidates, 3, features, generator=generator)
        self.frequencies = nn.Parameter(frequencies, requires_grad=False)
        sizes = [3 + 2 * features, *[width] * (depth + 1)]
        self.trunk = nn.ModuleList(BatchedLinear(candidates, *pair, generator) for pair in pairwise(sizes))
        self.heads = nn.ModuleDict()
        for part in parts:
            last = BatchedLinear(candidates, width, 3 if part == "colour" else 1, None)
            self.heads[part] = nn.Sequential(
                BatchedLinear(candidates, width, width, generator),
                nn.ReLU(),
                BatchedLinear(candidates, width, width, generator),
                nn.ReLU(),
                last,
            )
        self.to(places.device)

    def forward(self, surface: Surface) -> Surface:
        """The surface in the colours and with the displacements of the field."""
        angles = 2 * math.pi * (self.places @ self.frequencies)
        found = torch.cat([self.places.expand(len(angles), -1, -1), angles.sin(), angles.cos()], dim=2)
        for layer in self.trunk:
            found = layer(found).relu()
        if "colour" in self.heads:
            surface = self._coloured(surface, self.heads["colour"](found).tanh())
        if "displacement" in self.heads:
            shift = self.limit * self.heads["displacement"](found).tanh()
            shift = shift * vertex_normals(surface.vertices, surface.faces)
            surface = replace(surface, vertices=surface.vertices + shift)
        return surface

    def _coloured(self, surface: Surface, residual: Tensor) -> Surface:
        if self.base == "grey":
            return surface.painted(colours=tinted(torch.full_like(residual, GREY), residual))
        if surface.texture is not None:
            return replace(surface, residual=residual)
        if surface.colours is None and surface.corner_colours is not None:
            at_corners = gather_rows(residual, surface.faces)
            return replace(surface, corner_colours=tinted(surface.corner_colours, at_corners))
        own = torch.full_like(residual, GREY) if surface.colours is None else surface.colours
        return surface.painted(colours=tinted(own, residual))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``field``."""
        return [ParameterGroup("field", [p for p in self.parameters() if p.requires_grad], self.learning_rate)]


class BatchedLinear(nn.Module):
    """S linear layers, one for each candidate: [S, P, inputs] to [S, P, outputs].

    Args:
        candidates: S.
        inputs: width before.
        outputs: width after.
        generator: draws weights and biases as `torch.nn.Linear` does; all are zero when None.
    """

    def __init__(self, candidates: int, inputs: int, outputs: int, generator: torch.Generator | None) -> None:
        super().__init__()
        weight, bias = torch.zeros(candidates, inputs, outputs), torch.zeros(candidates, 1, outputs)
        if generator is not None:
            for values in (weight, bias):
                values.uniform_(-1 / math.sqrt(inputs), 1 / math.sqrt(inputs), generator=generator)
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, values: Tensor) -> Tensor:
        """[S, P, outputs]."""
        return torch.baddbmm(self.bias, values, self.weight)
