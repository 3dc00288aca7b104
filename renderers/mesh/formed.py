"""Formed: scenes whose form is a mesh or can be made one, so that a later stage goes on with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, runtime_checkable

from torch import Tensor

from limn.errors import InputError
from renderers.mesh.mesh import Mesh
from renderers.mesh.prepare import remesh
from renderers.mesh.unwrap import bake, unwrapped


@runtime_checkable
class Formed(Protocol):
    """A scene of S candidates that have a form."""

    def baked(self, candidate: int) -> tuple[Mesh, Tensor | None]:
        """A candidate as a mesh on the CPU, and a normal map where there is one."""


def form_of(before: object, candidate: int) -> Mesh:
    """The form and the colours of what a stage made.

    Args:
        before: its renderer.
        candidate: which of its candidates.

    Raises:
        InputError: it has none.
    """
    if not isinstance(before, Formed):
        raise InputError(f"takes over a form; the stage before made a {type(before).__name__}, which has none")
    mesh, _ = before.baked(candidate)
    return mesh


def lighter(mesh: Mesh, faces: int, texture_size: int) -> Mesh:
    """A mesh of at most so many faces; its colours are baked anew where it had more.

    Args:
        mesh: any.
        faces: about how many to have at most.
        texture_size: side of the new texture in texels, at least.
    """
    from renderers.mesh.nearest import colours_at, nearest  # starts Warp, which a config does not need

    if len(mesh.faces) <= faces:
        return mesh
    light = remesh(replace(mesh, texture=None, uv=None, uv_faces=None, colours=None, corner_colours=None), faces)
    light, side = unwrapped(light, texture_size)

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        points = (light.vertices[light.faces[face].long()] * weights[..., None]).sum(dim=1)
        _, there, share = nearest(mesh.vertices, mesh.faces, points, signed=False)
        return colours_at(mesh, there, share)

    return replace(light, texture=bake(light, (side, side), colour))
