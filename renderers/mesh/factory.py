"""mesh: a mesh to start from, a sphere or the form that the stage before made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from limn.components import Component, OneOf
from renderers.mesh.formed import form_of, lighter
from renderers.mesh.parameters import PARAMETERISATIONS
from renderers.mesh.renderer import MeshRenderer
from renderers.mesh.sphere import icosphere
from renderers.mesh.unwrap import laid_out, unwrap
from renderers.registry import Canvas

PARAMETERS = OneOf(PARAMETERISATIONS, ("mesh", "candidates", "generator"))
Parameters = list[Annotated[Component, PARAMETERS]]


def mesh(
    canvas: Canvas,
    detail: Annotated[int, Field(ge=1, le=6)] = 4,
    radius: Annotated[float, Field(gt=0, le=1)] = 0.7,
    faces: Annotated[int, Field(ge=100, le=1_000_000)] = 6_000,
    parameters: Parameters | None = None,
    texture_size: Annotated[int, Field(ge=16, le=8192)] = 1024,
) -> MeshRenderer:
    """A mesh: a grey sphere, or the form and the colours of the best candidate of the stage before.

    Args:
        canvas: what to start from.
        detail: of the sphere: 20 triangles, each divided into four for every level of detail.
        radius: of the sphere; scenes are made for the unit sphere.
        faces: how many a form that is taken over has at most.
        parameters: what is optimised; by default the sphere's vertices and their colours, or, of a form that is taken
            over, vertices and texture.
        texture_size: side in texels of textures that are baked.

    Raises:
        InputError: the stage before has no form.
    """
    count, generator = canvas.candidates, canvas.generator
    taken = canvas.before is not None
    made = lighter(form_of(canvas.before, canvas.best), faces, texture_size) if taken else icosphere(detail, radius)
    usual = ["vertex_offsets", "uv_texture" if taken else "vertex_colours"]
    chosen = [PARAMETERS.read(one) for one in (usual if parameters is None else parameters)]
    if any(one.name in ("uv_texture", "normal_map") for one in chosen) and not laid_out(made):
        made = unwrap(made, texture_size)
    return MeshRenderer(
        made,
        [one.make(mesh=made, candidates=count, generator=generator) for one in chosen],
        count,
        lights=canvas.lights,
        shading=canvas.shading,
        size=canvas.size,
        texture_size=texture_size,
    )
