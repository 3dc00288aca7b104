"""PLY and STL, through trimesh."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import torch
import trimesh

from limn.errors import InputError
from renderers.mesh.read.contents import check_faces, read_bytes
from renderers.mesh.read.part import Part
from renderers.scene.colour import to_linear


def read_ply(path: Path) -> tuple[list[Part], list[str]]:
    """The part of a PLY file: faces, colours and texture coordinates of vertices.

    Raises:
        InputError: not a PLY file, cut off, or without faces.
    """
    content = read_bytes(path)
    end = content.find(b"end_header")
    if not content.startswith(b"ply") or end < 0:
        raise InputError(f"{path}: expected a PLY file, which starts with 'ply' and has an 'end_header'")
    header = content[:end].decode("ascii", "replace")
    counts = {name: int(count) for name, count in re.findall(r"element (\w+) (\d+)", header)}
    if not counts.get("face"):
        raise InputError(f"{path}: no faces, expected a mesh; point clouds are not read")
    check_faces(counts["face"], str(path))
    if sum(counts.values()) > len(content):
        raise InputError(f"{path}: {sum(counts.values()):,} elements in {len(content):,} bytes; the file is cut off")
    mesh = _load(content, path, "ply")
    if len(mesh.faces) < counts["face"]:
        raise InputError(f"{path}: {len(mesh.faces):,} of {counts['face']:,} faces; the file is cut off")
    lost = []
    if "TextureFile" in header:
        lost.append(f"{path}: its texture file")
    return [_part(mesh)], lost


def read_stl(path: Path) -> tuple[list[Part], list[str]]:
    """The part of an STL file, binary or text.

    Raises:
        InputError: not an STL file, or cut off.
    """
    content = read_bytes(path)
    text = content.lstrip()[:5].lower() == b"solid" and b"facet" in content[:4096]
    if not text:
        count = int.from_bytes(content[80:84], "little")
        check_faces(count, str(path))
        if len(content) < 84 or len(content) < 84 + 50 * count:
            raise InputError(
                f"{path}: {len(content):,} bytes, expected {84 + 50 * count:,}; cut off or not an STL file"
            )
    elif b"endsolid" not in content.lower():
        raise InputError(f"{path}: no 'endsolid'; the file is cut off")
    return [_part(_load(content, path, "stl" if not text else "stl_ascii"))], []


def _load(content: bytes, path: Path, kind: str) -> trimesh.Trimesh:
    try:
        mesh = trimesh.load_mesh(io.BytesIO(content), file_type=kind, process=False)
    except Exception as error:  # trimesh raises whatever broken files lead to
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InputError(f"{path}: cannot be read as {kind[:3].upper()} ({what})") from error
    faces = np.asarray(mesh.faces)
    if len(faces) and not 0 <= faces.min() <= faces.max() < len(mesh.vertices):
        raise InputError(f"{path}: a face refers to a vertex that is not there, expected 0 to {len(mesh.vertices) - 1}")
    return mesh


def _part(mesh: trimesh.Trimesh) -> Part:
    tint, uv = None, None
    if mesh.visual.kind == "vertex":
        colours = torch.from_numpy(mesh.visual.vertex_colors[:, :3].astype(np.float64) / 255)
        tint = to_linear(colours).numpy()
    elif mesh.visual.kind == "texture" and mesh.visual.uv is not None:
        uv = np.asarray(mesh.visual.uv, np.float64) * [1, -1] + [0, 1]
    vertices, faces = np.array(mesh.vertices, np.float64), np.array(mesh.faces, np.int64)
    if mesh.visual.kind == "face":
        colours = torch.from_numpy(mesh.visual.face_colors[:, :3].astype(np.float64) / 255)
        vertices, faces = vertices[faces.reshape(-1)], np.arange(faces.size).reshape(-1, 3)
        tint = np.repeat(to_linear(colours).numpy(), 3, axis=0)
    return Part(vertices, faces, (), tint, uv)
