"""rasterise in plain torch: every triangle is tried at every pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.mesh.operations.fragments import Fragments
from renderers.mesh.reference.geometry import centres, edges, seen_from, slopes

TRIED_AT_ONCE = 1 << 21


def rasterise_reference(
    clip: Tensor, faces: Tensor, size: tuple[int, int], layers: int, ranges: Tensor, step_gradients: bool
) -> Fragments:
    """See ``renderers.mesh.operations.rasterise``; in the dtype of the clip positions."""
    pictures = clip.expand(len(ranges), -1, -1)
    with torch.no_grad():
        found = []
        for picture, (first, count) in zip(pictures, ranges.tolist(), strict=True):
            seen = _visible(picture[faces[first : first + count].long()], size, layers)
            found.append(torch.where(seen >= 0, seen + first, seen))
        triangle = torch.stack(found)
    seen, number = triangle >= 0, torch.arange(len(pictures), device=clip.device)[:, None, None, None]
    corners = pictures[number[..., None], faces.long()[triangle.clamp_min(0).long()]]
    corners = torch.where(seen[..., None, None], corners, torch.eye(4, dtype=clip.dtype, device=clip.device)[[0, 1, 3]])
    x, y = centres(size, clip)
    functions = edges(seen_from(corners, x[:, None], y[:, None, None]))
    total = torch.where(seen, functions.sum(-1), 1)[..., None]
    weights = functions / total
    depth = (weights * corners[..., 2]).sum(-1) / torch.where(seen, (weights * corners[..., 3]).sum(-1), 1)
    with torch.set_grad_enabled(step_gradients and torch.is_grad_enabled()):
        right, up = slopes(corners)
        step_x = 2 / size[1] * (right - weights * right.sum(-1, keepdim=True)) / total
        step_y = -2 / size[0] * (up - weights * up.sum(-1, keepdim=True)) / total
        steps = torch.stack([step_x, step_y], dim=-1)[..., :2, :]
    return Fragments(
        triangle.int(),
        torch.where(seen[..., None], weights[..., :2], 0),
        torch.where(seen, depth, 1),
        torch.where(seen[..., None, None], steps, 0),
    )


def _visible(corners: Tensor, size: tuple[int, int], layers: int) -> Tensor:
    """The triangles [F, 3, 4] at each pixel, front to back, -1 for none [layers, H, W]."""
    x, y = centres(size, corners)
    depth = corners.new_full((layers, *size), torch.inf)
    triangle = torch.full((layers, *size), -1, device=corners.device)
    few = max(1, TRIED_AT_ONCE // (size[0] * size[1]))
    for first in range(0, len(corners), few):
        some = corners[first : first + few, None, None]
        functions = edges(seen_from(some, x[:, None], y[:, None, None]))
        total = functions.sum(-1, keepdim=True)
        sign = total.sign()
        right, up = slopes(some)
        top_left = torch.where(right == 0, -up, right) * sign > 0
        inside = ((functions * sign > 0) | ((functions == 0) & top_left)).all(-1) & (total[..., 0] != 0)
        weights = functions / torch.where(total == 0, 1, total)
        z, w = (weights * some[..., 2]).sum(-1), (weights * some[..., 3]).sum(-1)
        inside &= (w > 0) & (z.abs() <= w)
        found = torch.where(inside, z / torch.where(inside, w, 1), torch.inf)
        ids = torch.arange(first, first + len(some), device=corners.device)[:, None, None].expand_as(found)
        depth, order = torch.cat([depth, found]).sort(dim=0, stable=True)
        triangle = torch.cat([triangle, torch.where(inside, ids, -1)]).gather(0, order)[:layers]
        depth = depth[:layers]
    return triangle
