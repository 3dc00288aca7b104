"""Meshes of fields: their surface, and their colours in a texture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.errors import InputError
from renderers.fields.surface.blocks import Values, in_blocks, nodes
from renderers.fields.surface.colours import seen_colours
from renderers.fields.surface.field_like import FieldLike
from renderers.fields.surface.level import fitting_level, pictures
from renderers.fields.surface.marching_cubes import marching_cubes
from renderers.fields.surface.parts import without_floaters
from renderers.fields.surface.slivers import without_slivers
from renderers.mesh.mesh import Mesh
from renderers.mesh.normals import vertex_normals
from renderers.mesh.prepare import remesh
from renderers.mesh.unwrap import bake, unwrapped


def mesh_of_field(
    field: FieldLike, candidate: int = 0, resolution: int = 96, texture_size: int = 1024, faces: int | None = 20_000
) -> Mesh:
    """The mesh that looks like the pictures of a field; arguments as of `mesh_of`.

    Args:
        field: that draws itself; its pictures decide the level.
        candidate: which of its fields.
        resolution: nodes along each side of the box.
        texture_size: side of the texture in texels, at least.
        faces: about how many to have at most.

    Raises:
        InputError: the field has no surface.
    """
    frames = pictures(field)
    return mesh_of(
        partial(field.raw, candidate=candidate),
        partial(field.colour, candidate=candidate),
        fitting_level(field, frames, candidate),
        field.inside_above,
        resolution,
        texture_size,
        faces,
        partial(field.density, candidate=candidate),
        frames.alpha.device,
    )


@torch.no_grad()
def mesh_of(
    raw: Values,
    colour: Values,
    level: float,
    inside_above: bool,
    resolution: int,
    texture_size: int,
    faces: int | None = None,
    density: Values | None = None,
    device: torch.device | None = None,
) -> Mesh:
    """The surface of a field where it crosses a level, with a texture of the field's colours there, on the CPU.

    Parts of less than 1 % of the faces are left out, and a line of the log says so.

    Args:
        raw: values [N] at points [N, 3] in the box -1..1.
        colour: sRGB in 0..1 [N, 3] at points.
        level: of the surface.
        inside_above: values inside are above the level, or below it.
        resolution: nodes along each side of the box.
        texture_size: side of the texture in texels, at least.
        faces: about how many to have at most; None keeps all.
        density: per unit of length [N] at points; with it the texture has the colours that rays composite, without it
            those at the surface.
        device: where the field is asked.

    Raises:
        InputError: the field has no surface at this level.
    """
    values = in_blocks(raw, nodes((resolution,) * 3, device).view(-1, 3)).view((resolution,) * 3)
    vertices, corners = marching_cubes(values, level, inside_above)
    if len(corners):
        vertices, corners = without_floaters(*without_slivers(vertices, corners, resolution))
    if not len(corners):
        least, most = (float(value) for value in values.aminmax())
        raise InputError(f"the field has no surface at {level:.4g}: its values go from {least:.4g} to {most:.4g}")
    mesh = Mesh(vertices.cpu(), corners.cpu(), name="field")
    if faces is not None and faces < len(mesh.faces):
        mesh = remesh(mesh, faces)

    def seen(points: Tensor, normals: Tensor) -> Tensor:
        cell = 2 / (resolution - 1)
        return seen_colours(points.to(device), normals.to(device), colour, density, cell).cpu()

    return textured(mesh, seen, texture_size)


def textured(mesh: Mesh, colour: Callable[[Tensor, Tensor], Tensor], texture_size: int) -> Mesh:
    """A mesh with a texture of its own.

    Args:
        mesh: on the CPU.
        colour: sRGB in 0..1 [N, 3] at points [N, 3] of the surface with unit normals [N, 3].
        texture_size: side of the texture in texels, at least.
    """
    mesh, side = unwrapped(mesh, texture_size)
    normals, rows = vertex_normals(mesh.vertices[None], mesh.faces)[0], mesh.faces.long()

    def baked(face: Tensor, weights: Tensor) -> Tensor:
        place, normal = ((table[rows[face]] * weights[..., None]).sum(dim=1) for table in (mesh.vertices, normals))
        return colour(place, F.normalize(normal, dim=1))

    return replace(mesh, texture=bake(mesh, (side, side), baked).clamp(0, 1))
