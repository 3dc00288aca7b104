"""dense_grid and dense_grid_gradient in plain torch."""

from __future__ import annotations

from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor


def dense_grid_reference(points: Tensor, owner: Tensor, table: Tensor) -> Tensor:
    """Values [M, C], see ``renderers.fields.operations.dense_grid``."""
    counts = torch.bincount(owner, minlength=len(table)).tolist()
    found = [
        F.grid_sample(
            values.permute(3, 0, 1, 2)[None], part[None, None, None], padding_mode="border", align_corners=True
        )
        for part, values in zip(torch.split(points, counts), table, strict=True)
    ]
    return torch.cat([values[0, :, 0, 0].T for values in found])


def dense_grid_gradient_reference(points: Tensor, owner: Tensor, table: Tensor) -> tuple[Tensor, Tensor]:
    """Values [M, C] and gradients [M, C, 3], see ``renderers.fields.operations.dense_grid``."""
    sides = torch.tensor(table.shape[3:0:-1], device=points.device)
    rate = 0.5 * (sides - 1).to(points)
    at = (points.clamp(-1.0, 1.0) + 1.0) * rate
    corner = torch.minimum(at.long(), sides - 2)
    place = at - corner
    rate = torch.where(points.abs() > 1.0, 0.0, rate)
    values = table.new_zeros(len(points), table.shape[4])
    gradients = values[..., None].expand(-1, -1, 3)
    for step in product((0, 1), repeat=3):
        far = torch.tensor(step, device=points.device)
        x, y, z = (corner + far).unbind(1)
        vertex = table[owner.long(), z, y, x]
        weight = torch.where(far > 0, place, 1.0 - place)
        others = torch.stack([weight[:, 1] * weight[:, 2], weight[:, 2] * weight[:, 0], weight[:, 0] * weight[:, 1]], 1)
        values = values + vertex * weight.prod(1, keepdim=True)
        gradients = gradients + vertex[:, :, None] * (others * (2 * far - 1) * rate)[:, None]
    return values, gradients
