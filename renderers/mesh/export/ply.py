"""PLY, binary."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from limn.files import write_file
from renderers.mesh.mesh import Mesh
from renderers.mesh.texels import sample, vertex_means


def write_ply(path: str | Path, mesh: Mesh) -> list[Path]:
    """Writes a mesh with colours of vertices; a texture is sampled at the vertices.

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
        fields += [(name, "u1") for name in ("red", "green", "blue")]
    table = np.empty(len(mesh.vertices), fields)
    for index, axis in enumerate("xyz"):
        table[axis] = mesh.vertices.detach().numpy()[:, index]
    if colours is not None:
        bytes_ = (colours.detach().clamp(0, 1) * 255).round().byte().numpy()
        for index, name in enumerate(("red", "green", "blue")):
            table[name] = bytes_[:, index]
    faces = np.empty(len(mesh.faces), [("count", "u1"), ("corners", "<i4", 3)])
    faces["count"], faces["corners"] = 3, mesh.faces.numpy()
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(table)}"]
    header += [f"property {'float' if kind == '<f4' else 'uchar'} {name}" for name, kind in fields]
    header += [f"element face {len(faces)}", "property list uchar int vertex_indices", "end_header"]
    return [write_file(path, ("\n".join(header) + "\n").encode() + table.tobytes() + faces.tobytes())]
