"""Normals of faces, vertices and corners."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.gather import gather_rows
from limn.surface import Connectivity


def face_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Normals of faces, as long as twice their areas [S, F, 3], of vertices [S, P, 3]."""
    a, b, c = gather_rows(vertices, faces).unbind(dim=2)
    normals: Tensor = torch.linalg.cross(b - a, c - a)
    return normals


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """Unit normals of vertices, the mean over their faces by area [S, P, 3], of vertices [S, P, 3]."""
    return F.normalize(corner_sums(face_normals(vertices, faces), faces, vertices.shape[1]), dim=-1)


@dataclass(frozen=True)
class Corners:
    """The corners of faces that share a normal.

    Args:
        faces: rows of the normals at the corners of each face, int32 [F, 3].
        count: how many normals there are.
    """

    faces: Tensor
    count: int

    @classmethod
    def of(cls, rest: Tensor, connectivity: Connectivity, crease: float) -> Corners:
        """Corners at one vertex share a normal where no crease lies between their faces.

        Args:
            rest: vertices [P, 3].
            connectivity: of the faces.
            crease: edges that turn by more than this angle are creases, in radians; 0 makes all faces flat, pi none.
        """
        faces, pairs = connectivity.faces.long(), connectivity.pairs
        looks = F.normalize(face_normals(rest[None], faces)[0], dim=1)
        cosine = (looks[pairs[:, 0]] * looks[pairs[:, 1]]).sum(dim=1)
        first, second = pairs[cosine > math.cos(crease) + 1e-6].unbind(dim=1)
        # A corner is number 3 f + k; the corners of two faces touch where they are the same vertex.
        touching = (faces[first][:, :, None] == faces[second][:, None, :]).nonzero()
        a = 3 * first[touching[:, 0]] + touching[:, 1]
        b = 3 * second[touching[:, 0]] + touching[:, 2]
        label = least_in_component(faces.numel(), a, b)
        used, index = torch.unique(label, return_inverse=True)
        return cls(index.view(-1, 3).int(), len(used))

    def normals(self, vertices: Tensor, faces: Tensor) -> Tensor:
        """Unit normals [S, count, 3] of vertices [S, P, 3]."""
        return F.normalize(corner_sums(face_normals(vertices, faces), self.faces, self.count), dim=-1)


def corner_sums(normals: Tensor, rows: Tensor, count: int) -> Tensor:
    """Sums of the normals of faces [S, F, 3] at their corners' rows [F, 3]: [S, count, 3]."""
    total = normals.new_zeros(len(normals), count, 3)
    for corner in rows.long().unbind(dim=1):
        total = total.index_add(1, corner, normals)
    return total


def least_in_component(count: int, a: Tensor, b: Tensor) -> Tensor:
    """The least number in the component of each of ``count`` nodes, with edges a-b."""
    label = torch.arange(count, device=a.device)
    while True:
        least = torch.minimum(label[a], label[b])
        new = label.scatter_reduce(0, a, least, "amin").scatter_reduce(0, b, least, "amin")
        new = new[new]
        if torch.equal(new, label):
            return label
        label = new
