"""OBJ with MTL and PNG."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from limn.files import write_file
from limn.png import png
from renderers.mesh.export.corners import colour_table, parts, split_rows
from renderers.mesh.mesh import Mesh


def write_obj(path: str | Path, mesh: Mesh) -> list[Path]:
    """Writes a mesh, its material beside it (.mtl), and its texture (.png) where it has one.

    Args:
        path: ends in .obj.
        mesh: what to write; colours follow the coordinates, groups become OBJ groups.

    Returns:
        The files, the OBJ first.

    Raises:
        InputError: the disk refuses.
    """
    path = Path(path)
    mesh, written = mesh.to("cpu"), []
    material = ["newmtl surface", "Ka 0 0 0", "Ks 0 0 0", "illum 1"]
    if mesh.texture is not None:
        picture = path.with_suffix(".png")
        written.append(write_file(picture, png(mesh.texture.permute(2, 0, 1))))
        material += ["Kd 1 1 1", f"map_Kd {picture.name}"]
    else:
        grey = mesh.colours is None and mesh.corner_colours is None
        material += ["Kd 0.5 0.5 0.5" if grey else "Kd 1 1 1"]
    library = path.with_suffix(".mtl")
    written.append(write_file(library, "\n".join(material) + "\n"))
    return [write_file(path, "\n".join(_lines(mesh, library.name)) + "\n"), *written[::-1]]


def _lines(mesh: Mesh, library: str) -> list[str]:
    rows, faces_of = mesh.vertices.detach().numpy(), mesh.faces.numpy()
    if mesh.texture is None and (mesh.colours is not None or mesh.corner_colours is not None):
        # OBJ has one colour for a vertex; where faces of other colours meet, there are several at one place.
        colours, paint = colour_table(mesh)
        (vertex, shade), faces_of = split_rows(mesh.faces, paint)
        rows = np.concatenate([rows[vertex], colours.numpy()[shade]], 1)
    lines = [f"mtllib {library}", f"o {'_'.join(mesh.name.split()) or 'mesh'}"]
    lines += ["v " + " ".join(f"{value:.9g}" for value in row) for row in rows.tolist()]
    corners = faces_of[..., None] + 1
    if mesh.uv is not None and mesh.uv_faces is not None:
        lines += [f"vt {u:.9g} {1 - v:.9g}" for u, v in mesh.uv.detach().double().tolist()]
        corners = np.concatenate([corners, mesh.uv_faces.numpy()[..., None] + 1], 2)
    lines.append("usemtl surface")
    for name, faces in parts(mesh).items():
        lines.append(f"g {'_'.join(name.split())}".rstrip())
        lines += ["f " + " ".join("/".join(map(str, corner)) for corner in face) for face in corners[faces].tolist()]
    return lines
