"""Restyled: a mesh whose texture shows its own colours and a residual."""

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
        mesh: with a texture or colours, on the CPU.
        residual: at the vertices, see `tinted` [P, 3].
        side: of the new texture in texels, at least.
    """
    texture, corners = mesh.texture, mesh.faces.long()
    table, rows = (mesh.uv, mesh.uv_faces) if texture is not None else mesh.painted()
    assert table is not None and rows is not None

    def mixed(values: Tensor, corners: Tensor, weights: Tensor) -> Tensor:
        total: Tensor = (values[corners.long()] * weights[..., None]).sum(dim=1)
        return total

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        own = mixed(table, rows[face], weights)
        own = own if texture is None else sample(texture, own)
        return tinted(own, mixed(residual, corners[face], weights))

    size = (side, side) if texture is None else (max(side, texture.shape[0]), max(side, texture.shape[1]))
    if not laid_out(mesh):
        mesh, side = unwrapped(mesh, side)
        size = (side, side)
    return replace(mesh, texture=bake(mesh, size, colour), colours=None, corner_colours=None)
