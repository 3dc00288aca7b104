"""A sphere to start from: every vertex moves and has a colour of its own."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from renderers.mesh.mesh import Mesh
from renderers.mesh.parameters import VertexColours, VertexOffsets
from renderers.mesh.renderer import MeshRenderer
from renderers.registry import Canvas


def sphere(
    canvas: Canvas,
    detail: Annotated[int, Field(ge=1, le=6)] = 4,
    radius: Annotated[float, Field(gt=0, le=1)] = 0.7,
) -> MeshRenderer:
    """A mesh whose vertices and their colours are free; it starts as a grey sphere.

    Args:
        canvas: what to draw on.
        detail: 20 triangles, each divided into four for every level of detail.
        radius: of the sphere; scenes are made for the unit sphere.
    """
    mesh, count, generator = icosphere(detail, radius), canvas.candidates, canvas.generator
    parameters = [VertexOffsets(mesh, count, generator), VertexColours(mesh, count, generator)]
    return MeshRenderer(mesh, parameters, count, size=canvas.size)


def icosphere(detail: int, radius: float = 1.0) -> Mesh:
    """A sphere around the origin of 20 * 4^detail triangles."""

    import trimesh

    made = trimesh.creation.icosphere(detail, radius)
    vertices, faces = torch.from_numpy(made.vertices.copy()).float(), torch.from_numpy(made.faces.copy()).int()
    return Mesh(vertices, faces, name="sphere")
