"""Preparing meshes: normalised position and size, subdivision, remeshing."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from limn.errors import InputError
from renderers.mesh.groups import divided, inherited
from renderers.mesh.mesh import Mesh
from renderers.mesh.read.contents import MOST_FACES
from renderers.mesh.texels import sample, vertex_means


def normalise(mesh: Mesh) -> Mesh:
    """Moves the middle of the bounding box to the origin and the farthest vertex to radius 1."""
    vertices = mesh.vertices.double()
    vertices = vertices - (vertices.amin(0) + vertices.amax(0)) / 2
    return replace(mesh, vertices=(vertices / vertices.norm(dim=1).max()).float())


def subdivide(mesh: Mesh, longest: float) -> Mesh:
    """Halves edges until none is longer; the shape, its texture and its groups stay as they are.

    Args:
        mesh: any.
        longest: length of an edge in the mesh's units, above 0.

    Raises:
        InputError: that would take more than four million faces.
    """
    if _area(mesh) > MOST_FACES * longest**2 * math.sqrt(3) / 4:
        raise InputError(f"edges of at most {longest:g} take more than {MOST_FACES:,} faces, expected longer ones")
    while True:
        edges, edge_of = _edges(mesh.faces)
        long = (mesh.vertices[edges[:, 0]] - mesh.vertices[edges[:, 1]]).norm(dim=1) > longest
        if not long.any():
            return mesh
        marked = long[edge_of]
        parent, table = _pattern(marked)
        middle = torch.where(long, long.cumsum(0) - 1 + len(mesh.vertices), 0)
        corners = torch.cat([mesh.faces.long(), middle[edge_of]], 1)
        changes: dict[str, Tensor | None] = {
            "vertices": _with_middles(mesh.vertices, edges[long]),
            "faces": corners[parent[:, None], table].int(),
        }
        if mesh.colours is not None:
            changes["colours"] = _with_middles(mesh.colours, edges[long])
        if mesh.corner_colours is not None:
            both = torch.cat([mesh.corner_colours, (mesh.corner_colours + mesh.corner_colours.roll(-1, 1)) / 2], 1)
            changes["corner_colours"] = both[parent[:, None], table]
        if mesh.uv is not None and mesh.uv_faces is not None:
            seams, seam_of = _edges(mesh.uv_faces)
            middle = seam_of + len(mesh.uv)
            changes["uv"] = _with_middles(mesh.uv, seams)
            changes["uv_faces"] = torch.cat([mesh.uv_faces.long(), middle], 1)[parent[:, None], table].int()
        groups = divided(mesh.groups, parent)
        mesh = _without_unused_uv(replace(mesh, groups=groups, **changes))  # type: ignore[arg-type]


def remesh(mesh: Mesh, faces: int) -> Mesh:
    """Approximates a mesh by a given number of triangles: decimates it if it has more, subdivides it if it has fewer.

    Args:
        mesh: any; a decimated one has colours of vertices instead of a texture.
        faces: about how many triangles to have, from 4.

    Raises:
        InputError: nothing is left, as of faces that lie on each other.

    Source: github.com/sp4cerat/Fast-Quadric-Mesh-Simplification (quadric errors, Garland and Heckbert 1997).
    """
    if faces < len(mesh.faces):
        return _decimate(mesh, faces)
    longest = 2.2 * math.sqrt(_area(mesh) / faces)
    while len(mesh.faces) < faces:
        mesh, longest = subdivide(mesh, longest), longest * 0.9
    return mesh


def _area(mesh: Mesh) -> float:
    a, b, c = mesh.vertices.double()[mesh.faces.long()].unbind(1)
    return float(torch.linalg.cross(b - a, c - a).norm(dim=1).sum()) / 2


def _edges(faces: Tensor) -> tuple[Tensor, Tensor]:
    """Distinct edges [E, 2], and for each face those from corner 0, 1 and 2 to the next [F, 3]."""
    pairs = torch.stack([faces, faces.roll(-1, 1)], -1).long().sort(-1).values.reshape(-1, 2)
    key = pairs[:, 0] * (int(faces.max()) + 1) + pairs[:, 1]
    keys, edge_of = key.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    first = torch.empty_like(keys).scatter_(0, edge_of, torch.arange(len(key)))
    return pairs[first], edge_of.reshape(-1, 3)


def _with_middles(values: Tensor, edges: Tensor) -> Tensor:
    return torch.cat([values, (values[edges[:, 0]] + values[edges[:, 1]]) / 2])


# Corners of the new faces for a face whose first, first two or three edges are halved: 0, 1, 2 are its corners, 3, 4, 5
# the middles of the edges that start there.
_SPLITS = {
    0: [(0, 1, 2)],
    1: [(0, 3, 2), (3, 1, 2)],
    2: [(0, 3, 4), (3, 1, 4), (0, 4, 2)],
    3: [(0, 3, 5), (3, 1, 4), (5, 4, 2), (3, 4, 5)],
}


def _pattern(marked: Tensor) -> tuple[Tensor, Tensor]:
    """For marked edges [F, 3] the new faces: their parent [G] and their corners in the parent's table of six [G, 3]."""
    parents, tables = [], []
    for first in (False, True):
        for second in (False, True):
            for third in (False, True):
                flags = [first, second, third]
                split = (marked == torch.tensor(flags)).all(1).nonzero()[:, 0]
                count = sum(flags)
                turn = next(
                    k for k in range(3) if [flags[(i + k) % 3] for i in range(3)] == [i < count for i in range(3)]
                )
                for corners in _SPLITS[count]:
                    turned = torch.tensor([(c % 3 + turn) % 3 + c // 3 * 3 for c in corners])
                    parents.append(split)
                    tables.append(turned.expand(len(split), 3))
    parent, table = torch.cat(parents), torch.cat(tables)
    order = parent.argsort(stable=True)
    return parent[order], table[order]


def _without_unused_uv(mesh: Mesh) -> Mesh:
    if mesh.uv is None or mesh.uv_faces is None:
        return mesh
    used, compact = mesh.uv_faces.unique(return_inverse=True)  # type: ignore[no-untyped-call]
    return replace(mesh, uv=mesh.uv[used.long()], uv_faces=compact.int())


def _decimate(mesh: Mesh, faces: int) -> Mesh:
    import fast_simplification

    old = mesh.faces.numpy()
    reduction = 1 - max(faces, 4) / len(old)
    _, _, collapses = fast_simplification.simplify(mesh.vertices.numpy(), old, reduction, return_collapses=True)
    points, corners, now = fast_simplification.replay_simplification(mesh.vertices.numpy(), old, collapses)
    if len(corners) == 0:
        raise InputError(f"{mesh.name}: nothing is left of {len(old):,} faces; give more than faces: {faces}")
    heir = torch.from_numpy(np.asarray(now)).long()
    colours, lost = mesh.colours, mesh.lost
    if mesh.texture is not None and mesh.uv is not None and mesh.uv_faces is not None:
        colours = vertex_means(
            sample(mesh.texture, mesh.uv[mesh.uv_faces.long().reshape(-1)]), mesh.faces, len(mesh.vertices)
        )
        lost = (*lost, f"{mesh.name}: texture, taken as colours of vertices when decimated")
    elif mesh.corner_colours is not None:
        colours = vertex_means(mesh.corner_colours.reshape(-1, 3), mesh.faces, len(mesh.vertices))
        lost = (*lost, f"{mesh.name}: colours of faces, taken as colours of vertices when decimated")
    return replace(
        mesh,
        vertices=torch.from_numpy(np.asarray(points, np.float32)),
        faces=torch.from_numpy(np.asarray(corners, np.int32)),
        uv=None,
        uv_faces=None,
        texture=None,
        corner_colours=None,
        colours=None if colours is None else vertex_means(colours, heir, len(points)),
        groups=inherited(mesh.groups, mesh.faces, torch.from_numpy(np.asarray(corners)), heir, len(points)),
        lost=lost,
    )
