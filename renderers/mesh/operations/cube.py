"""Where directions hit a cube map."""

from __future__ import annotations

import torch
from torch import Tensor

ACROSS = ((2, -1), (2, 1), (0, 1), (0, 1), (0, 1), (0, -1))
DOWN = ((1, -1), (1, -1), (2, 1), (2, -1), (1, -1), (1, -1))
"""The axis that runs across or down each side (+x, -x, +y, -y, +z, -z), and its direction; as in OpenGL."""


def on_sides(direction: Tensor, derivatives: Tensor | None) -> tuple[Tensor, Tensor, Tensor | None]:
    """The side of a cube that each direction hits, and the point on it.

    Args:
        direction: of any length [..., 3].
        derivatives: change of the direction from a pixel to the next one right and down [..., 3, 2].

    Returns:
        Sides, -1 where a direction is zero or not finite, int32 [...]; texture coordinates on them [..., 2]; and their
        change [..., 2, 2], where that of the direction is given. Both are differentiable.
    """
    with torch.no_grad():
        size = direction.abs()
        x, y, z = size.unbind(-1)
        axis = torch.where(z > torch.maximum(x, y), 2, torch.where(y > x, 1, 0))[..., None]
        valid = direction.isfinite().all(-1) & (size.amax(-1) > 0)
        side = 2 * axis[..., 0] + (direction.gather(-1, axis)[..., 0] < 0)
    direction = torch.where(valid[..., None], direction, 1)
    depth = direction.gather(-1, axis)
    points, changes = [], []
    for table in (ACROSS, DOWN):
        along, turn = direction.new_tensor(table)[side].unbind(-1)
        along = along.long()[..., None]
        scale = turn[..., None] / (2 * depth.abs())
        point = direction.gather(-1, along) * scale
        points.append((point + 0.5).clamp(0, 1))
        if derivatives is not None:
            own, away = (derivatives.gather(-2, k[..., None].expand(*k.shape, 2))[..., 0, :] for k in (along, axis))
            changes.append(own * scale - point * away / depth)
    found = torch.stack(changes, -2) if derivatives is not None else None
    return torch.where(valid, side, -1).int(), torch.cat(points, -1), found
