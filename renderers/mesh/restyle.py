"""Restyled: a mesh whose texture shows what it showed before and a residual."""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor

from renderers.mesh.mesh import Mesh
from renderers.mesh.texels import sample
from renderers.mesh.unwrap import bake, laid_out, unwrapped
from renderers.scene.colour import tinted


def restyled(mesh: Mesh, residual: Tensor, side: int) -> Mesh:
    """Bakes a residual into a texture, for which the mesh is laid out anew where places of its surface share texels.

    Args:
        mesh: with a texture, on the CPU.
        residual: at the vertices, see `tinted` [P, 3].
        side: of the new texture in texels, at least.
    """
    texture, uv, uv_faces, faces = mesh.texture, mesh.uv, mesh.uv_faces, mesh.faces
    assert texture is not None and uv is not None and uv_faces is not None

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        place, change = (
            (table[rows[face].long()] * weights[..., None]).sum(dim=1)
            for table, rows in ((uv, uv_faces), (residual, faces))
        )
        return tinted(sample(texture, place), change)

    size = (max(side, texture.shape[0]), max(side, texture.shape[1]))
    if not laid_out(mesh):
        mesh, side = unwrapped(mesh, side)
        size = (side, side)
    return replace(mesh, texture=bake(mesh, size, colour))
