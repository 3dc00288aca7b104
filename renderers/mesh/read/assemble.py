"""Parts become one mesh: welded, cleaned, named, with one texture or colours of vertices."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from limn.errors import InputError
from renderers.mesh.distinct import distinct
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
    lost = list(lost)
    broken_uv = [part.uv is not None and not (np.abs(part.uv) < 1e6).all() for part in parts]
    if any(broken_uv):
        lost.append(f"{where}: texture coordinates that are not finite or beyond 1e6")
        pairs = zip(parts, broken_uv, strict=True)
        parts = [replace(part, uv=None, texture=None) if broken else part for part, broken in pairs]
    pieces = _joined(parts)
    if not len(pieces.faces):
        raise InputError(f"{where}: no triangles, expected a mesh")
    used = np.zeros(len(pieces.vertices), bool)
    used[pieces.faces] = True
    inside = np.abs(pieces.vertices[used])
    broken = int((~(inside < 1e30).all(1)).sum())
    if broken:
        raise InputError(f"{where}: {broken} vertices are not finite or beyond 1e30, expected numbers")
    low, high = pieces.vertices[used].min(0), pieces.vertices[used].max(0)
    size = float(np.linalg.norm(high - low))
    vertices = pieces.vertices
    if np.abs(np.concatenate([low, high])).max() > FAR * size:
        centre = (low + high) / 2
        vertices = vertices - centre
        lost.append(f"{where}: its place, {', '.join(f'{value:g}' for value in centre)}; moved to the origin")
    points, weld = distinct(np.where(used[:, None], vertices, 0.0).astype(np.float32))
    faces = weld[pieces.faces]
    keep = _has_area(points.astype(np.float64), faces, size)
    if not keep.any():
        raise InputError(f"{where}: none of its {len(faces):,} faces has an area")
    if not keep.all():
        lost.append(f"{where}: {int((~keep).sum()):,} faces without area")
    pieces = replace(pieces, faces=pieces.faces[keep], part=pieces.part[keep])
    kept = np.zeros(len(points), bool)
    kept[faces[keep]] = True
    mesh = Mesh(
        torch.from_numpy(points[kept]),
        torch.from_numpy((kept.cumsum() - 1)[faces[keep]].astype(np.int32)),
        groups=_groups(parts, keep),
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


def _has_area(points: Floats, faces: Integers, size: float) -> NDArray[np.bool_]:
    """Whether triangles are higher than what float32 tells from a line [F]."""
    a, b, c = (points[faces[:, corner]] for corner in range(3))
    sides = [b - a, c - b, a - c]
    longest = np.max([np.einsum("fk,fk->f", side, side) for side in sides], axis=0)
    x, y, z = (sides[0][:, i] * sides[1][:, j] - sides[0][:, j] * sides[1][:, i] for i, j in ((1, 2), (2, 0), (0, 1)))
    enough: NDArray[np.bool_] = x * x + y * y + z * z > (1e-7 * size) ** 2 * longest
    return enough


def _groups(parts: list[Part], keep: NDArray[np.bool_]) -> dict[str, torch.Tensor]:
    """The kept faces of each group, by their new numbers."""
    starts = np.cumsum([0, *(len(part.faces) for part in parts)])
    found: dict[str, list[Integers]] = defaultdict(list)
    for start, part in zip(starts.tolist(), parts, strict=False):
        for name, faces in part.groups.items():
            found[name].append(faces + start)
    number = keep.cumsum() - 1
    groups = {}
    for name, pieces in found.items():
        rows = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)
        rows = rows[keep[rows]]
        if len(rows):
            groups[name] = torch.from_numpy(np.unique(number[rows]))
    return groups
