"""Meshes from files."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np

from limn.errors import InputError
from renderers.mesh.mesh import Mesh
from renderers.mesh.read.assemble import assemble
from renderers.mesh.read.gltf_scene import read_gltf
from renderers.mesh.read.obj import read_obj
from renderers.mesh.read.ply import read_ply
from renderers.mesh.read.stl import read_stl

READERS = {".glb": read_gltf, ".gltf": read_gltf, ".obj": read_obj, ".ply": read_ply, ".stl": read_stl}


def read_mesh(path: str | Path) -> Mesh:
    """Reads an OBJ, GLB, glTF, PLY or STL file in any state.

    A scene becomes one mesh, its parts become groups. Several textures become one.

    Args:
        path: the file; its ending tells its kind.

    Returns:
        The mesh in the file's units; ``lost`` lists the contents of the file that it cannot hold.

    Raises:
        InputError: the file is broken or too large; one line says where.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        near = difflib.get_close_matches(path.suffix.lower(), READERS, 1, 0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputError(
            f"{path}: a mesh in {path.suffix or 'a file without ending'}, expected {', '.join(READERS)}{hint}"
        )
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # values that are not finite are refused in `assemble`
            parts, lost = reader(path)
            return assemble(parts, path.stem, str(path), lost)
    except MemoryError as error:
        raise InputError(f"{path}: too large for the memory of this machine") from error
