"""march in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.volume import Samples


def march_reference(
    origins: Tensor,
    directions: Tensor,
    owner: Tensor,
    occupied: Tensor | None,
    step: float,
    jitter: Tensor | None,
    near: float,
) -> Samples:
    """Samples of rays, see ``renderers.fields.operations.march``."""
    sides = torch.stack([(-1 - origins) / directions, (1 - origins) / directions])
    level = directions == 0
    outside = (level & (origins.abs() > 1)).any(1)
    enter = sides.amin(0).masked_fill(level, -torch.inf).amax(1).clamp_min(near)
    leave = sides.amax(0).masked_fill(level, torch.inf).amin(1).masked_fill(outside, 0.0)
    first = enter + step * (0.5 if jitter is None else 0.5 + jitter)
    count = ((leave - first) / step).ceil().clamp_min(0).long()
    k = torch.arange(int(count.amax()) if len(count) else 0, device=origins.device)
    distances = first[:, None] + step * k
    points = origins[:, None] + directions[:, None] * distances[..., None]
    kept = k < count[:, None]
    if occupied is not None:
        x, y, z = ((points + 1) * (0.5 * occupied.shape[1])).long().clamp(0, occupied.shape[1] - 1).unbind(-1)
        kept = kept & (occupied[owner.long()[:, None], z, y, x] != 0)
    ray = kept.nonzero()[:, 0].to(torch.int32)
    starts = torch.cat([owner.new_zeros(1), kept.sum(1).cumsum(0, dtype=torch.int32)])
    return Samples(points[kept], distances[kept], torch.full_like(distances[kept], step), ray, starts)
