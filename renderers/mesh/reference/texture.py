"""texture in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.mesh.operations.cube import ACROSS, DOWN, on_sides


def texture_reference(
    maps: Tensor, uv: Tensor, sides: Tensor | None, derivatives: Tensor | None, filter: str, wrap: str
) -> Tensor:
    """See ``renderers.mesh.operations.texture``; coordinates on the sides of a cube where there are ``sides``."""
    if derivatives is None:
        return _sampled(maps, uv, sides, filter, wrap)
    levels = pyramid(maps)
    level = _level(derivatives, maps.shape[-3], maps.shape[-2]).clamp(0, len(levels) - 1)
    if filter == "mipmap_nearest":
        level = level.floor()
    below = level.detach().floor().clamp_max(max(len(levels) - 2, 0))
    stack = torch.stack([_sampled(texels, uv, sides, filter, wrap) for texels in levels])
    index = below.long()[None, ..., None].expand(1, *stack.shape[1:])
    near = stack.gather(0, index)[0]
    far = stack.gather(0, (index + 1).clamp_max(len(levels) - 1))[0]
    return near + (level - below)[..., None] * (far - near)


def pyramid(maps: Tensor) -> list[Tensor]:
    """Averages maps [..., H, W, C] down to one texel; an odd size is halved and rounded down."""
    levels = [maps]
    while max(levels[-1].shape[-3:-1]) > 1:
        last = levels[-1].flatten(0, -4).permute(0, 3, 1, 2)
        size = (max(last.shape[2] // 2, 1), max(last.shape[3] // 2, 1))
        halved = torch.nn.functional.adaptive_avg_pool2d(last, size).permute(0, 2, 3, 1)
        levels.append(halved.reshape(*maps.shape[:-3], *halved.shape[1:]))
    return levels


def _level(derivatives: Tensor, height: int, width: int) -> Tensor:
    """log2 of the longer axis of a pixel's elliptic footprint in texels."""
    texels = derivatives * derivatives.new_tensor([width, height])[:, None]
    (ax, bx), (ay, by) = ((texels[..., k, 0], texels[..., k, 1]) for k in range(2))
    a, b, c = ax * ax + bx * bx, ay * ay + by * by, ax * ay + bx * by
    longer = (a + b) / 2 + (((a - b) / 2).square() + c * c).clamp_min(1e-40).sqrt()
    return longer.clamp_min(1e-20).log2() / 2


def _sampled(maps: Tensor, uv: Tensor, sides: Tensor | None, filter: str, wrap: str) -> Tensor:
    height, width = maps.shape[-3:-1]
    owner = torch.arange(len(uv), device=uv.device) // (len(uv) // len(maps))
    owner = owner[:, None, None, None]

    def texel(u: Tensor, v: Tensor) -> Tensor:
        if sides is None:
            (u, known), (v, known_too) = _wrapped(u, width, wrap), _wrapped(v, height, wrap)
            return torch.where((known & known_too)[..., None], maps[owner, v, u], 0)
        side, u, v = _around(sides, u, v, width)
        return torch.where((side >= 0)[..., None], maps[owner, side, v, u], 0)

    if filter == "nearest":
        return texel(*((uv[..., k] * size).floor().long() for k, size in enumerate((width, height))))
    x, y = uv[..., 0] * width - 0.5, uv[..., 1] * height - 0.5
    column, row = x.detach().floor(), y.detach().floor()
    fx, fy = (x - column)[..., None], (y - row)[..., None]
    u, v = column.long(), row.long()
    a, b, c, d = texel(u, v), texel(u + 1, v), texel(u, v + 1), texel(u + 1, v + 1)
    if sides is not None:
        # Where three sides meet, the fourth texel is the mean of theirs.
        left, top, right, low = u < 0, v < 0, u + 1 >= width, v + 1 >= width
        mean = (a + b + c + d) / 3
        at = (left & top, right & top, left & low, right & low)
        a, b, c, d = (torch.where(hole[..., None], mean, own) for hole, own in zip(at, (a, b, c, d), strict=True))
    upper = a * (1 - fx) + b * fx
    lower = c * (1 - fx) + d * fx
    return upper * (1 - fy) + lower * fy


def _wrapped(index: Tensor, size: int, wrap: str) -> tuple[Tensor, Tensor]:
    """Texels within the map, and whether there are any."""
    inside = (index >= 0) & (index < size)
    if wrap == "repeat":
        return index % size, torch.ones_like(inside)
    if wrap == "mirror":
        index = index % (2 * size)
        return torch.minimum(index, 2 * size - 1 - index), torch.ones_like(inside)
    return index.clamp(0, size - 1), inside | (wrap == "clamp")


def _around(sides: Tensor, u: Tensor, v: Tensor, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """The side and texel that the ray to a texel hits, which may lie beyond an edge; side -1 beyond two edges."""
    known = sides.long().clamp_min(0)
    x, y = ((2 * index.double() + 1) / size - 1 for index in (u, v))
    ray = torch.zeros(*u.shape, 3, dtype=torch.double, device=u.device)
    ray.scatter_(-1, (known // 2)[..., None], (1.0 - 2 * (known % 2))[..., None].double())
    for table, point in ((ACROSS, x), (DOWN, y)):
        axis, turn = torch.tensor(table, device=u.device)[known].unbind(-1)
        ray.scatter_(-1, axis[..., None], (turn * point)[..., None])
    side, place, _ = on_sides(ray, None)
    column, row = (place * size).floor().long().clamp(0, size - 1).unbind(-1)
    beyond = ((x.abs() > 1) & (y.abs() > 1)) | (sides < 0)
    return torch.where(beyond, -1, side.long()), column, row
