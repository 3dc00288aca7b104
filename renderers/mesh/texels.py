"""Texels: the point of the surface under each texel, and colours for texels without one."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Index = TypeVar("Index", Tensor, NDArray[np.int64])


def surface_points(uv: Tensor, uv_faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The point of the surface under the centre of every texel.

    Args:
        uv: in 0..1, (0, 0) is the top left corner [T, 2].
        uv_faces: [F, 3].
        size: height and width of the texture.

    Returns:
        The face, -1 where there is none, int64 [H, W]; the weights of its corners, float32 [H, W, 3].
    """

    from renderers.mesh.operations import rasterise

    place = uv.float() * torch.tensor([2.0, -2.0]) + torch.tensor([-1.0, 1.0])
    clip = torch.cat([place, torch.zeros(len(uv), 1), torch.ones(len(uv), 1)], 1)
    found = rasterise(clip[None], uv_faces.int(), size)
    pair = found.barycentric[0, 0]
    weights = torch.cat([pair, 1 - pair.sum(2, keepdim=True)], 2)
    face = found.triangle[0, 0].long()
    return face, torch.where(face[..., None] >= 0, weights, 0.0)


def covered(uv: Tensor, uv_faces: Tensor, size: tuple[int, int]) -> Tensor:
    """The texels that bilinear sampling of the surface reads, bool [H, W]; arguments as of `surface_points`.

    A sample reads the four texels around it. Such a square lies in the surface, or an edge runs through it.
    """
    height, width = size
    seen = surface_points(uv, uv_faces, size)[0] >= 0
    corners = uv.double() * torch.tensor([width, height]) - 0.5
    starts = corners[uv_faces.long()].reshape(-1, 2)
    along = corners[uv_faces.long().roll(-1, 1)].reshape(-1, 2) - starts
    edges = torch.arange(len(starts))
    owner, share = [edges, edges], [torch.zeros(len(edges)).double(), torch.ones(len(edges)).double()]
    for axis in (0, 1):
        first, last = starts[:, axis], starts[:, axis] + along[:, axis]
        low = torch.minimum(first, last).ceil()
        count = (torch.maximum(first, last).floor() - low + 1).clamp(min=0).long()
        crossed = edges.repeat_interleave(count)
        line = low[crossed] + torch.arange(len(crossed)) - (count.cumsum(0) - count)[crossed]
        owner.append(crossed)
        share.append(((line - first[crossed]) / along[crossed, axis]).nan_to_num(0.0))
    owners, shares = torch.cat(owner), torch.cat(share)
    order = (owners + shares.clamp(0, 1) / 2).argsort()
    owners, shares = owners[order], shares[order]
    middle = ((shares[1:] + shares[:-1]) / 2)[owners[1:] == owners[:-1]]
    owners = owners[1:][owners[1:] == owners[:-1]]
    column, row = (starts[owners] + middle[:, None] * along[owners]).floor().long().unbind(1)
    for right, down in ((0, 0), (0, 1), (1, 0), (1, 1)):
        seen[(row + down) % height, (column + right) % width] = True
    return seen


def dilate(texture: Tensor, known: Tensor, rings: int = 4) -> Tensor:
    """Fills the texels around charts with the charts' colours, so that filters mix in no other colours.

    The first rings take the mean of their neighbours; texels farther away take coarser means (pull-push).

    Args:
        texture: [H, W, C].
        known: the texels that stay, bool [H, W].
        rings: how many texels are filled from neighbours.
    """
    if not known.any():
        return texture
    weight = known.numpy().astype(np.float32)
    colour = texture.detach().numpy() * weight[..., None]
    for _ in range(rings):
        around = _box(weight)
        ring = (around > 0) & (weight == 0)
        colour[ring] = _box(colour)[ring] / around[ring][:, None]
        weight[ring] = 1
    filled = torch.from_numpy(_pull_push(colour, weight))
    return torch.where(known[..., None], texture, filled)


def _box(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sums over 3 x 3 texels."""

    import cv2

    summed: NDArray[np.float32] = cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return summed


def _pull_push(colour: NDArray[np.float32], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Colours [H, W, 3] whose texels without weight [H, W] take the means of larger and larger squares."""

    import cv2

    height, width = weight.shape
    if (weight > 0).all() or max(height, width) == 1:
        return colour
    half = ((width + 1) // 2, (height + 1) // 2)
    even = ((0, height % 2), (0, width % 2))
    share = cv2.resize(np.pad(weight, even), half, interpolation=cv2.INTER_AREA)
    mean = cv2.resize(np.pad(colour, (*even, (0, 0))), half, interpolation=cv2.INTER_AREA)
    coarse = mean / np.maximum(share, 1e-6)[..., None]
    filled = _pull_push(coarse, (share > 0).astype(np.float32))
    result: NDArray[np.float32] = filled.repeat(2, 0).repeat(2, 1)[:height, :width]
    return np.where(weight[..., None] > 0, colour, result)


def sample(texture: Tensor, uv: Tensor, wrap: tuple[str, str] = ("repeat", "repeat")) -> Tensor:
    """Bilinear samples of a texture [H, W, C] at uv [n, 2], wrapped by ``repeat``, ``clamp`` or ``mirror``: [n, C]."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    x0, y0 = x.floor(), y.floor()
    fx, fy = (x - x0)[:, None].to(texture.dtype), (y - y0)[:, None].to(texture.dtype)
    columns = [wrapped(x0.long() + step, width, wrap[0]) for step in (0, 1)]
    rows = [wrapped(y0.long() + step, height, wrap[1]) for step in (0, 1)]
    top = torch.lerp(texture[rows[0], columns[0]], texture[rows[0], columns[1]], fx)
    bottom = torch.lerp(texture[rows[1], columns[0]], texture[rows[1], columns[1]], fx)
    return torch.lerp(top, bottom, fy)


def wrapped(index: Index, size: int, wrap: str) -> Index:
    """Indices of texels on an axis of a size, brought into it by ``repeat``, ``clamp`` or ``mirror``."""
    if wrap == "clamp":
        return index.clip(0, size - 1)
    if wrap == "mirror":
        return size - 1 - abs(2 * (index % (2 * size)) + 1 - 2 * size) // 2
    return index % size


def vertex_means(values: Tensor, index: Tensor, count: int) -> Tensor:
    """Means over the corners at each vertex.

    Args:
        values: of corners [n, C].
        index: the vertex of each corner, n in any shape.
        count: P, the number of vertices.

    Returns:
        Zero where a vertex has no corner [P, C].
    """
    rows = torch.cat([values, values.new_ones(len(values), 1)], 1)
    sums = values.new_zeros(count, rows.shape[1]).index_add_(0, index.long().reshape(-1), rows)
    return sums[:, :-1] / sums[:, -1:].clamp(min=1)
