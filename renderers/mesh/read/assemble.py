"""Parts become one mesh: welded, cleaned, named, with one texture or colours of vertices."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from renderers.errors import InputError
from renderers.mesh.mesh import Mesh
from renderers.mesh.read.part import Floats, Integers, Part
from renderers.mesh.read.surface import Surfaces, clothe

FAR = 1000.0  # sizes from the origin; float32 then keeps less than four digits of the shape


@dataclass(frozen=True)
class _Pieces:
    """All parts in one list of corners: vertices [P, 3], faces [F, 3] and the part of each face [F]."""

    vertices: Floats
    faces: Integers
    part: Integers


def assemble(parts: list[Part], name: str, where: str, lost: list[str]) -> Mesh:
    """Joins parts into a mesh.

    Vertices at one place become one vertex, so that silhouettes and smoothing see a connected surface; faces without
    area and vertices without faces are left out.

    Args:
        parts: what the file holds.
        name: of the mesh.
        where: the file, for messages.
        lost: lines that the mesh takes over.

    Raises:
        InputError: no faces, or values that are not finite.
    """
    pieces = _joined(parts)
    if not len(pieces.faces):
        raise InputError(f"{where}: no triangles, expected a mesh")
    corners = pieces.vertices[pieces.faces]
    broken = ~np.isfinite(corners).all((1, 2))
    if broken.any() or np.abs(corners).max() > 1e30:
        what = "not finite" if broken.any() else "beyond 1e30"
        raise InputError(f"{where}: {max(1, int(broken.sum()))} faces have coordinates that are {what}")
    low, high = corners.min((0, 1)), corners.max((0, 1))
    size = float(np.linalg.norm(high - low))
    vertices, lost = pieces.vertices, list(lost)
    if np.abs(np.concatenate([low, high])).max() > FAR * size:
        centre = (low + high) / 2
        vertices = vertices - centre
        lost.append(f"{where}: its place, {', '.join(f'{value:g}' for value in centre)}; moved to the origin")
    used = np.zeros(len(vertices), bool)
    used[pieces.faces] = True
    points, weld = _weld(np.where(used[:, None], vertices, 0.0).astype(np.float32))
    faces = weld[pieces.faces]
    keep = _has_area(points[faces].astype(np.float64), size)
    if not keep.any():
        raise InputError(f"{where}: none of its {len(faces):,} faces has an area")
    if not keep.all():
        lost.append(f"{where}: {int((~keep).sum()):,} faces without area")
    pieces = replace(pieces, faces=pieces.faces[keep], part=pieces.part[keep])
    kept, compact = np.unique(faces[keep], return_inverse=True)
    mesh = Mesh(
        torch.from_numpy(points[kept]),
        torch.from_numpy(compact.reshape(-1, 3).astype(np.int32)),
        groups=_groups(parts, pieces.part),
        name=name,
        lost=tuple(lost),
    )
    return clothe(mesh, Surfaces(parts, pieces.faces, pieces.part), where)


def _joined(parts: list[Part]) -> _Pieces:
    starts = np.cumsum([0, *(len(part.vertices) for part in parts)])
    return _Pieces(
        np.concatenate([part.vertices for part in parts] or [np.zeros((0, 3))]),
        np.concatenate(
            [part.faces + start for part, start in zip(parts, starts, strict=False)] or [np.zeros((0, 3), np.int64)]
        ),
        np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts]),
    )


def _weld(points: NDArray[np.float32]) -> tuple[NDArray[np.float32], Integers]:
    """Distinct points and the number of each given one among them."""
    bits = (points + 0.0).view(np.uint32).astype(np.uint64)  # + 0.0 makes -0 the same as 0
    key = bits[:, 0] * np.uint64(0x9E3779B97F4A7C15) ^ bits[:, 1] * np.uint64(0xC2B2AE3D27D4EB4F) + bits[:, 2]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(points[first][inverse], points):  # two points share a key
        distinct, inverse = np.unique(points, axis=0, return_inverse=True)
        return distinct, inverse.reshape(-1)
    return points[first], inverse


def _has_area(corners: Floats, size: float) -> NDArray[np.bool_]:
    """Whether triangles [F, 3, 3] are higher than what float32 tells from a line."""
    edges = np.roll(corners, -1, 1) - corners
    longest = np.linalg.norm(edges, axis=2).max(1)
    height = np.linalg.norm(np.cross(edges[:, 0], edges[:, 1]), axis=1) / np.maximum(longest, 1e-300)
    enough: NDArray[np.bool_] = height > 1e-7 * size
    return enough


def _groups(parts: list[Part], part: Integers) -> dict[str, torch.Tensor]:
    names = dict.fromkeys(name for piece in parts for name in piece.names)
    groups = {
        name: torch.from_numpy(
            np.flatnonzero(np.isin(part, [k for k, piece in enumerate(parts) if name in piece.names]))
        )
        for name in names
    }
    return {name: faces for name, faces in groups.items() if len(faces)}
