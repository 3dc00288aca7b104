"""What file formats want of a mesh: a row for each pair of vertex and texture coordinate, parts, pictures as bytes."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from renderers.mesh.mesh import Mesh


@dataclass(frozen=True)
class Corners:
    """Vertices split where texture coordinates differ.

    Args:
        vertex: the vertex of each row [R].
        uv: the texture coordinate of each row [R], or None.
        faces: rows [F, 3].
    """

    vertex: NDArray[np.int64]
    uv: NDArray[np.int64] | None
    faces: NDArray[np.int64]


def split_corners(mesh: Mesh) -> Corners:
    """The rows of a mesh."""
    faces = _array(mesh.faces).astype(np.int64)
    if mesh.uv is None or mesh.uv_faces is None:
        return Corners(np.arange(len(mesh.vertices)), None, faces)
    seams = _array(mesh.uv_faces).astype(np.int64)
    key, index = np.unique(faces.reshape(-1) * len(mesh.uv) + seams.reshape(-1), return_inverse=True)
    return Corners(key // len(mesh.uv), key % len(mesh.uv), index.reshape(-1, 3))


def parts(mesh: Mesh) -> dict[str, NDArray[np.int64]]:
    """Faces by name, each face once, in the first group that has it; those in none are under an empty name."""
    free = np.ones(len(mesh.faces), bool)
    result = {}
    for name, members in mesh.groups.items():
        mine = _array(members)
        mine = mine[free[mine]]
        free[mine] = False
        if len(mine):
            result[name] = mine
    if free.any():
        result[""] = np.flatnonzero(free)
    return result


def vertex_normals(mesh: Mesh) -> Tensor:
    """Unit normals of vertices, the mean of their faces' by area; up where these cancel [P, 3]."""
    vertices, faces = mesh.vertices.detach().cpu().double(), mesh.faces.cpu().long()
    a, b, c = vertices[faces].unbind(1)
    across = torch.linalg.cross(b - a, c - a)
    sums = torch.zeros_like(vertices).index_add_(0, faces.reshape(-1), across.repeat_interleave(3, 0))
    length = sums.norm(dim=1, keepdim=True)
    return torch.where(
        length > 1e-20, F.normalize(sums, dim=1, eps=1e-30), torch.tensor([0.0, 1.0, 0.0]).double()
    ).float()


def png(picture: Tensor) -> bytes:
    """A PNG of a picture in 0..1 [H, W, 3]."""
    pixels = (picture.detach().cpu().clamp(0, 1) * 255).round().byte().numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _array(tensor: Tensor) -> NDArray[np.int64]:
    return tensor.detach().cpu().numpy()
