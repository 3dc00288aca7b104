"""flexicubes: a surface to start from, a ball or the form that the stage before made."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field

from renderers.fields.surface.blocks import nodes
from renderers.fields.surface.from_mesh import distances_of_mesh
from renderers.fields.surface.renderer import FlexiCubesRenderer
from renderers.mesh.formed import form_of
from renderers.mesh.mesh import GREY
from renderers.registry import Canvas


def flexicubes(
    canvas: Canvas,
    resolution: Annotated[int, Field(ge=8, le=256)] = 48,
    colours: Annotated[int, Field(ge=8, le=256)] = 64,
    radius: Annotated[float, Field(gt=0, lt=1)] = 0.7,
    texture_size: Annotated[int, Field(ge=16, le=8192)] = 1024,
) -> FlexiCubesRenderer:
    """A surface that is extracted anew in every step, so that holes and parts come and go (FlexiCubes).

    Args:
        canvas: what to start from; each candidate of the stage before gives its form and colours.
        resolution: nodes along each side of the box, of the grid of the form.
        colours: nodes along each side of the box, of the grid of colours.
        radius: of the grey ball that a first stage starts from.
        texture_size: side in texels of the texture in the results.

    Raises:
        InputError: the stage before has no form.
    """
    if canvas.before is None:
        form = (nodes((resolution,) * 3).norm(dim=3) - radius).repeat(canvas.candidates, 1, 1, 1)
        paint = torch.full((canvas.candidates, *(colours,) * 3, 3), GREY)
    else:
        meshes = [form_of(canvas.before, candidate) for candidate in range(canvas.candidates)]
        form = torch.stack([distances_of_mesh(mesh, resolution)[0] for mesh in meshes])
        paint = torch.stack([distances_of_mesh(mesh, colours)[1] for mesh in meshes])
    return FlexiCubesRenderer(form, paint, canvas.lights, canvas.shading, canvas.size, texture_size)
