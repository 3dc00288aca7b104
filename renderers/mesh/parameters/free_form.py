"""Free-form deformation: a lattice of control points bends the space in which a template stands."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from limn.errors import InputError
from limn.ranges import Length, Rate
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters.parameterisation import Parameterisation

Basis = Literal["bernstein", "trilinear"]


class FreeForm(Parameterisation):
    """Moves every vertex by the control points of a lattice around the mesh.

    Source: Sederberg and Parry 1986, "Free-form deformation of solid geometric models".

    Args:
        mesh: the template.
        candidates: S.
        generator: not used, control points start at rest.
        learning_rate: of the control points, in world units.
        points: control points along each axis, from 2.
        basis: with ``bernstein`` every control point acts on the whole mesh, smoothly; with ``trilinear`` it acts on
            the cells around it.
        limit: greatest shift of a control point along each axis.
    """

    weights: Tensor

    def __init__(
        self,
        mesh: Mesh,
        candidates: int,
        generator: torch.Generator,
        learning_rate: Rate = 0.01,
        points: Annotated[int, Field(ge=2, le=16)] = 5,
        basis: Basis = "bernstein",
        limit: Length = 1.0,
    ) -> None:
        super().__init__()
        if points < 2:
            raise InputError(f"free_form: points is {points}; expected 2 or more")
        self.learning_rate, self.limit = learning_rate, limit
        low, high = mesh.vertices.amin(dim=0), mesh.vertices.amax(dim=0)
        place = (mesh.vertices - low) / (high - low).clamp_min(1e-6)
        x, y, z = ((bernstein if basis == "bernstein" else trilinear)(place[:, axis], points) for axis in range(3))
        weights = torch.einsum("pi,pj,pk->pijk", x, y, z).flatten(1)
        self.register_buffer("weights", weights, persistent=False)
        self.shifts = nn.Parameter(mesh.vertices.new_zeros(candidates, points**3, 3))

    def forward(self, surface: Surface) -> Surface:
        """The surface, bent."""
        return replace(surface, vertices=surface.vertices + self.weights @ self.shifts)

    def parameter_groups(self) -> list[ParameterGroup]:
        """``lattice``."""
        return [ParameterGroup("lattice", [self.shifts], self.learning_rate)]

    def constrain(self) -> None:
        """Keeps control points within the limit."""
        self.shifts.clamp_(-self.limit, self.limit)


def bernstein(place: Tensor, points: int) -> Tensor:
    """Bernstein polynomials of degree ``points`` - 1 at places in 0..1 [P]: [P, points], rows add up to 1."""
    degree = points - 1
    terms = [math.comb(degree, k) * place**k * (1 - place) ** (degree - k) for k in range(points)]
    return torch.stack(terms, dim=1)


def trilinear(place: Tensor, points: int) -> Tensor:
    """Hat functions around ``points`` evenly spaced in 0..1 at places in 0..1 [P]: [P, points], rows add up to 1."""
    return (1 - (place[:, None] * (points - 1) - torch.arange(points, device=place.device)).abs()).clamp_min(0)
