"""fitting: a mesh whose tensors fit together, in the dtypes that renderers compute in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from torch import Tensor

from limn.checks import Arguments
from renderers.mesh.mesh import Mesh


def fitting(mesh: Mesh, function: str) -> Mesh:
    """A mesh as `Mesh` describes it: numbers in float32, indices in int32 and within their tables.

    Args:
        mesh: of any precision; itself, if nothing has to change.
        function: that was given it, for the messages.

    Raises:
        InputError: tensors do not fit together, or one that another needs is missing.
    """
    given = Arguments(function)
    tensors: dict[str, Tensor] = {"vertices": given.numbers("mesh.vertices", mesh.vertices, "P 3")}
    vertices = len(tensors["vertices"])
    tensors["faces"] = given.indices("mesh.faces", mesh.faces, "F 3", rows=vertices, of="the vertices")
    if mesh.colours is not None:
        tensors["colours"] = given.numbers("mesh.colours", mesh.colours, "P 3")
    if mesh.corner_colours is not None:
        tensors["corner_colours"] = given.numbers("mesh.corner_colours", mesh.corner_colours, "F 3 3")
    if (mesh.uv is None) != (mesh.uv_faces is None):
        given.refuse(f"mesh.{'uv' if mesh.uv is None else 'uv_faces'}", None, "uv and uv_faces, or neither")
    if mesh.uv is not None:
        tensors["uv"] = given.numbers("mesh.uv", mesh.uv, "T 2")
        rows = len(tensors["uv"])
        tensors["uv_faces"] = given.indices("mesh.uv_faces", mesh.uv_faces, "F 3", rows=rows, of="the rows of uv")
    if mesh.texture is not None:
        tensors["texture"] = given.numbers("mesh.texture", mesh.texture, "H W 3")
        if mesh.uv is None:
            given.refuse("mesh.uv", None, "texture coordinates [T, 2] for mesh.texture")
    changed: dict[str, Any] = {name: tensor for name, tensor in tensors.items() if tensor is not getattr(mesh, name)}
    return replace(mesh, **changed) if changed else mesh
