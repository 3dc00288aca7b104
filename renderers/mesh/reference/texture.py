"""texture in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor


def texture_reference(maps: Tensor, uv: Tensor, derivatives: Tensor | None, wrap: str) -> Tensor:
    """See ``renderers.mesh.operations.texture``; bilinear where there are no derivatives."""
    if derivatives is None:
        return _bilinear(maps, uv, wrap)
    levels = pyramid(maps)
    with torch.no_grad():
        level = _level(derivatives, maps.shape[1], maps.shape[2]).clamp(0, len(levels) - 1)
        below = level.floor().clamp_max(max(len(levels) - 2, 0))
    stack = torch.stack([_bilinear(texels, uv, wrap) for texels in levels])
    index = below.long()[None, ..., None].expand(1, *stack.shape[1:])
    near = stack.gather(0, index)[0]
    far = stack.gather(0, (index + 1).clamp_max(len(levels) - 1))[0]
    return near + (level - below)[..., None] * (far - near)


def pyramid(maps: Tensor) -> list[Tensor]:
    """Averages maps [A, H, W, C] down to one texel; an odd size is halved and rounded down."""
    levels = [maps]
    while max(levels[-1].shape[1:3]) > 1:
        last = levels[-1].permute(0, 3, 1, 2)
        size = (max(last.shape[2] // 2, 1), max(last.shape[3] // 2, 1))
        levels.append(torch.nn.functional.adaptive_avg_pool2d(last, size).permute(0, 2, 3, 1))
    return levels


def _level(derivatives: Tensor, height: int, width: int) -> Tensor:
    """log2 of the longer axis of a pixel's elliptic footprint in texels."""
    texels = derivatives * derivatives.new_tensor([width, height])[:, None]
    (ax, bx), (ay, by) = ((texels[..., k, 0], texels[..., k, 1]) for k in range(2))
    a, b, c = ax * ax + bx * bx, ay * ay + by * by, ax * ay + bx * by
    longer = (a + b) / 2 + (((a - b) / 2).square() + c * c).sqrt()
    return longer.clamp_min(1e-20).log2() / 2


def _bilinear(maps: Tensor, uv: Tensor, wrap: str) -> Tensor:
    _, height, width, _ = maps.shape
    owner = torch.arange(len(uv), device=uv.device) // (len(uv) // len(maps))
    owner = owner[:, None, None, None]
    x, y = uv[..., 0] * width - 0.5, uv[..., 1] * height - 0.5
    column, row = x.detach().floor(), y.detach().floor()
    fx, fy = (x - column)[..., None], (y - row)[..., None]

    def texel(dx: int, dy: int) -> Tensor:
        u, v = column.long() + dx, row.long() + dy
        if wrap == "repeat":
            u, v = u % width, v % height
        else:
            u, v = u.clamp(0, width - 1), v.clamp(0, height - 1)
        return maps[owner, v, u]

    upper = texel(0, 0) * (1 - fx) + texel(1, 0) * fx
    lower = texel(0, 1) * (1 - fx) + texel(1, 1) * fx
    return upper * (1 - fy) + lower * fy
