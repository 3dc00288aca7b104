"""UV unwrapping by xatlas, in pieces: dense smooth meshes take a second instead of minutes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from renderers.mesh.mesh import GREY, Mesh
from renderers.mesh.texels import covered, dilate, sample, surface_points

PIECE = 1024  # faces; xatlas' time and recursion grow faster than the size of a piece, until it crashes
MOST = 4096  # side of a texture
LAYOUT = 512  # side of the texture on which layouts are tested for overlaps

Colour = Callable[[Tensor, Tensor], Tensor]


def unwrap(mesh: Mesh, resolution: int = 1024, padding: int = 4) -> Mesh:
    """Gives a mesh texture coordinates of its own, without overlaps; its texture is baked anew.

    Args:
        mesh: any; vertices and faces stay as they are.
        resolution: side of the texture that the padding is meant for, pixels.
        padding: pixels between charts.

    Source: github.com/jpcy/xatlas, least squares conformal maps.
    """
    result, _ = unwrapped(mesh, resolution, padding)
    if mesh.texture is None or mesh.uv is None or mesh.uv_faces is None:
        return result
    old, uv_old, texture = mesh.uv, mesh.uv_faces.long(), mesh.texture

    def colour(face: Tensor, weights: Tensor) -> Tensor:
        return sample(texture, (old[uv_old[face]] * weights[..., None]).sum(1))

    return replace(result, texture=bake(result, (resolution, resolution), colour))


def unwrapped(mesh: Mesh, resolution: int = 1024, padding: int = 4) -> tuple[Mesh, int]:
    """As `unwrap`, without a texture, and with the side of one that shows every face.

    It is ``resolution``, or 2, 4, 8... times that up to 4096 where there is padding around many small charts.
    """
    import xatlas

    vertices = mesh.vertices.detach().cpu().double().numpy()
    vertices = ((vertices - vertices.mean(0)) / max(np.ptp(vertices), 1e-30)).astype(np.float32)
    faces = mesh.faces.cpu().numpy()
    atlas, options = xatlas.Atlas(), xatlas.PackOptions()
    options.resolution, options.padding, options.bilinear = resolution, padding, True
    pieces = _pieces(vertices[faces].mean(1), np.arange(len(faces)))
    for piece in pieces:
        used, corners = np.unique(faces[piece], return_inverse=True)
        atlas.add_mesh(vertices[used], corners.reshape(-1, 3).astype(np.uint32))
    atlas.generate(xatlas.ChartOptions(), options)
    uv, uv_faces, count = [], np.empty_like(faces), 0
    for index, piece in enumerate(pieces):
        _, corners, own = atlas[index]
        uv.append(own)
        uv_faces[piece] = corners.astype(np.int64) + count
        count += len(own)
    places = torch.from_numpy(np.concatenate(uv).astype(np.float32))
    rows = _with_tiny_faces(places, torch.from_numpy(uv_faces), mesh.faces.cpu().long())
    result = replace(mesh, uv=places, uv_faces=rows, texture=None)
    side = resolution
    while 1.5 * side < max(atlas.width, atlas.height) and side < MOST:
        side *= 2
    return result, min(side, max(MOST, resolution))


def _with_tiny_faces(uv: Tensor, uv_faces: Tensor, faces: Tensor) -> Tensor:
    """The corners' rows of texture coordinates, where faces that are too small for xatlas show a point beside them."""
    rows = uv_faces.long()
    left_out = (uv[rows] == 0).all(dim=2).all(dim=1)
    while left_out.any():
        known = ~left_out
        row_of = torch.full((int(faces.max()) + 1,), -1)
        row_of.scatter_reduce_(0, faces[known].flatten(), rows[known].flatten(), "amax")
        beside = row_of[faces].amax(dim=1)
        found = left_out & (beside >= 0)
        if not found.any():
            break
        rows[found] = beside[found, None]
        left_out &= ~found
    return rows.int()


def laid_out(mesh: Mesh) -> bool:
    """True if every point of the surface has its own place in a texture: nothing repeats, mirrors or overlaps."""
    if mesh.uv is None or mesh.uv_faces is None:
        return False
    corners = mesh.uv[mesh.uv_faces.long()].double() * LAYOUT
    (ax, ay), (bx, by) = ((corners[:, k] - corners[:, 0]).unbind(1) for k in (1, 2))
    total = float((ax * by - ay * bx).abs().sum()) / 2
    taken = float((surface_points(mesh.uv, mesh.uv_faces, (LAYOUT, LAYOUT))[0] >= 0).sum())
    return total > 0 and taken > 0.97 * total


def bake(mesh: Mesh, size: tuple[int, int], colour: Colour) -> Tensor:
    """Bakes the colours of a surface into a texture, filled beyond the borders of charts.

    Args:
        mesh: with texture coordinates.
        size: height and width, pixels.
        colour: given faces [n] and the weights of their corners [n, 3], the colours there [n, 3].

    Returns:
        sRGB in 0..1 [H, W, 3].
    """
    assert mesh.uv is not None and mesh.uv_faces is not None
    face, weights = surface_points(mesh.uv, mesh.uv_faces, size)
    known = face >= 0
    texture = torch.full((*size, 3), GREY)
    texture[known] = colour(face[known], weights[known]).float()
    return dilate(texture, known)


def bake_colours(mesh: Mesh, size: tuple[int, int]) -> Tensor:
    """The texture that shows a mesh's colours of vertices or corners, or grey [H, W, 3]; arguments as of `bake`."""
    colours, rows = mesh.painted()
    return bake(mesh, size, lambda face, weights: (colours[rows[face]] * weights[..., None]).sum(1))


def fill_seams(texture: Tensor, mesh: Mesh) -> Tensor:
    """A texture whose unread texels are filled, so that no foreign colour bleeds into mipmaps [H, W, 3]."""
    assert mesh.uv is not None and mesh.uv_faces is not None
    return dilate(texture, covered(mesh.uv, mesh.uv_faces, (texture.shape[0], texture.shape[1])))


def _pieces(centres: NDArray[np.float32], faces: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Halves faces along their longest extent until every piece is small."""
    if len(faces) <= PIECE:
        return [faces]
    axis = int(np.ptp(centres[faces], axis=0).argmax())
    order = np.argpartition(centres[faces, axis], len(faces) // 2)
    first, second = faces[order[: len(faces) // 2]], faces[order[len(faces) // 2 :]]
    return _pieces(centres, first) + _pieces(centres, second)
