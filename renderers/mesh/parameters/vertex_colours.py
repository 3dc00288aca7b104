"""Vertex colours: every vertex has a colour of its own."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from limn.ranges import Rate
from limn.surface import Surface
from renderers.base import ParameterGroup
from renderers.mesh.mesh import GREY, Mesh
from renderers.mesh.parameters.parameterisation import Parameterisation
from renderers.mesh.texels import sample, vertex_means


class VertexColours(Parameterisation):
    """Paints vertices; between them colours change linearly.

    Args:
        mesh: that is optimised; the optimisation starts from its own colours.
        candidates: S.
        generator: not used.
        learning_rate: of the colours, in 0..1.
    """

    def __init__(self, mesh: Mesh, candidates: int, generator: torch.Generator, learning_rate: Rate = 0.02) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.colours = nn.Parameter(colours_at_vertices(mesh).repeat(candidates, 1, 1))

    def forward(self, surface: Surface) -> Surface:
        """The surface in these colours."""
        return replace(surface, colours=self.colours, texture=None)

    def parameter_groups(self) -> list[ParameterGroup]:
        """``colours``."""
        return [ParameterGroup("colours", [self.colours], self.learning_rate)]

    def constrain(self) -> None:
        """Keeps colours in 0..1."""
        self.colours.clamp_(0, 1)


def colours_at_vertices(mesh: Mesh) -> Tensor:
    """The colours of a mesh at its vertices [P, 3]: its own, those of its texture there, or grey."""
    if mesh.colours is not None:
        return mesh.colours
    if mesh.corner_colours is not None and mesh.texture is None:
        return vertex_means(mesh.corner_colours.reshape(-1, 3), mesh.faces, len(mesh.vertices))
    colours = torch.full_like(mesh.vertices, GREY)
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        # A vertex on a seam has several places in the texture; the last of them counts.
        faces, rows = mesh.faces.flatten().long(), mesh.uv_faces.flatten().long()
        row = torch.full_like(mesh.vertices[:, 0], -1, dtype=torch.int64).scatter_reduce(0, faces, rows, "amax")
        colours = torch.where((row >= 0)[:, None], sample(mesh.texture, mesh.uv[row.clamp_min(0)]), colours)
    return colours
