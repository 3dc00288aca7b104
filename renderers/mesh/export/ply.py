"""PLY, binary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from limn.files import write_file
from renderers.mesh.mesh import Mesh
from renderers.mesh.texels import sample, vertex_means

COLOUR = [("red", "u1"), ("green", "u1"), ("blue", "u1")]


def write_ply(path: str | Path, mesh: Mesh) -> list[Path]:
    """Writes a mesh with colours of vertices or faces; a texture is sampled at the vertices.

    Args:
        path: ends in .ply.
        mesh: what to write.

    Returns:
        The file.

    Raises:
        InputError: the disk refuses.
    """
    mesh = mesh.to("cpu")
    colours = mesh.colours
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        corners = sample(mesh.texture, mesh.uv[mesh.uv_faces.long().reshape(-1)])
        colours = vertex_means(corners, mesh.faces, len(mesh.vertices))
    fields: list[tuple[str, str]] = [(axis, "<f4") for axis in "xyz"]
    if colours is not None:
        fields += COLOUR
    table = np.empty(len(mesh.vertices), fields)
    for index, axis in enumerate("xyz"):
        table[axis] = mesh.vertices.detach().numpy()[:, index]
    if colours is not None:
        _paint(table, colours)
    painted = COLOUR if colours is None and mesh.corner_colours is not None else []
    faces = np.empty(len(mesh.faces), [("count", "u1"), ("corners", "<i4", 3), *painted])
    faces["count"], faces["corners"] = 3, mesh.faces.numpy()
    if painted:
        assert mesh.corner_colours is not None
        _paint(faces, mesh.corner_colours.mean(1))
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(table)}"]
    header += [f"property {'float' if kind == '<f4' else 'uchar'} {name}" for name, kind in fields]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices"]
    header += [*(f"property uchar {name}" for name, _ in painted), "end_header"]
    return [write_file(path, ("\n".join(header) + "\n").encode() + table.tobytes() + faces.tobytes())]


def _paint(table: NDArray[Any], colours: Tensor) -> None:
    """Sets the colours of rows [n, 3]."""
    rounded = (colours.detach().clamp(0, 1) * 255).round().byte().numpy()
    for index, (name, _) in enumerate(COLOUR):
        table[name] = rounded[:, index]
