"""Texels: the point of the surface under each texel, and colours for texels without one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 2**22


def surface_points(uv: Tensor, uv_faces: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The point of the surface under the centre of every texel.

    Args:
        uv: in 0..1, (0, 0) is the top left corner [T, 2].
        uv_faces: [F, 3].
        size: height and width of the texture.

    Returns:
        The face, -1 where there is none, int64 [H, W]; the weights of its corners, float32 [H, W, 3].
    """
    height, width = size
    corners = (uv.double() * torch.tensor([width, height]) - 0.5)[uv_faces.long()]
    limit = torch.tensor([width - 1, height - 1])
    low = corners.amin(1).ceil().long().clamp(min=0)
    extent = (torch.minimum(corners.amax(1).floor().long(), limit) - low + 1).clamp(min=0)
    counts = extent.prod(1)
    face = torch.full((height * width,), -1)
    weights = torch.zeros(height * width, 3)
    groups = counts.cumsum(0) // CHUNK
    for group in groups.unique():  # type: ignore[no-untyped-call]
        chosen = (groups == group).nonzero()[:, 0]
        owner = chosen.repeat_interleave(counts[chosen])
        start = (counts[chosen].cumsum(0) - counts[chosen]).repeat_interleave(counts[chosen])
        step = torch.arange(len(owner)) - start
        x = low[owner, 0] + step % extent[owner, 0]
        y = low[owner, 1] + step // extent[owner, 0]
        shares = _barycentric(torch.stack([x, y], -1).double(), corners[owner])
        inside = (shares >= -1e-9).all(1)
        where = (y * width + x)[inside]
        face[where], weights[where] = owner[inside], shares[inside].float()
    return face.reshape(height, width), weights.reshape(height, width, 3)


def _barycentric(points: Tensor, corners: Tensor) -> Tensor:
    a, b, c = corners.unbind(1)
    area = _cross(b - a, c - a)
    first, second = _cross(b - points, c - points), _cross(c - points, a - points)
    area = torch.where(area == 0, torch.nan, area)  # a face without area covers nothing
    return torch.stack([first / area, second / area, 1 - first / area - second / area], -1)


def _cross(a: Tensor, b: Tensor) -> Tensor:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


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
    colour, weight = texture.permute(2, 0, 1)[None], known[None, None].to(texture.dtype)
    colour = colour * weight
    for _ in range(rings):
        around = F.avg_pool2d(weight, 3, 1, 1, count_include_pad=False)
        mean = F.avg_pool2d(colour * weight, 3, 1, 1, count_include_pad=False) / around.clamp(min=1e-6)
        colour = torch.where(weight > 0, colour, mean)
        weight = (around > 0).to(texture.dtype)
    return torch.where(known[..., None], texture, _pull_push(colour, weight)[0].permute(1, 2, 0))


def _pull_push(colour: Tensor, weight: Tensor) -> Tensor:
    if bool((weight > 0).all()) or max(colour.shape[-2:]) == 1:
        return colour
    share = F.avg_pool2d(weight, 2, ceil_mode=True)
    coarse = F.avg_pool2d(colour * weight, 2, ceil_mode=True) / share.clamp(min=1e-6)
    filled = _pull_push(coarse, (share > 0).to(weight.dtype))
    return torch.where(weight > 0, colour, F.interpolate(filled, colour.shape[-2:], mode="nearest"))


def sample(texture: Tensor, uv: Tensor, wrap: tuple[str, str] = ("repeat", "repeat")) -> Tensor:
    """Bilinear samples of a texture [H, W, C] at uv [n, 2], wrapped by ``repeat``, ``clamp`` or ``mirror``: [n, C]."""
    height, width = texture.shape[:2]
    x, y = uv[:, 0] * width - 0.5, uv[:, 1] * height - 0.5
    x0, y0 = x.floor(), y.floor()
    fx, fy = (x - x0)[:, None].to(texture.dtype), (y - y0)[:, None].to(texture.dtype)
    columns = [_wrapped(x0.long() + step, width, wrap[0]) for step in (0, 1)]
    rows = [_wrapped(y0.long() + step, height, wrap[1]) for step in (0, 1)]
    top = torch.lerp(texture[rows[0], columns[0]], texture[rows[0], columns[1]], fx)
    bottom = torch.lerp(texture[rows[1], columns[0]], texture[rows[1], columns[1]], fx)
    return torch.lerp(top, bottom, fy)


def _wrapped(index: Tensor, size: int, wrap: str) -> Tensor:
    if wrap == "clamp":
        return index.clamp(0, size - 1)
    if wrap == "mirror":
        index = index % (2 * size)
        return torch.minimum(index, 2 * size - 1 - index)
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
