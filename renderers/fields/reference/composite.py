"""composite in plain torch."""

from __future__ import annotations

import torch
from torch import Tensor


def composite_reference(
    alpha: Tensor, values: Tensor, distances: Tensor, ray: Tensor, starts: Tensor, stop: float
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Weights, opacity, colours and depth, see ``renderers.fields.operations.composite``."""
    ray, first, rays = ray.long(), starts.long(), len(starts) - 1
    place = torch.arange(len(ray), device=ray.device) - first[ray]
    longest = int(first.diff().amax()) if rays else 0
    clear = alpha.new_ones(rays, longest + 1).index_put((ray, place + 1), 1 - alpha)
    light = clear.cumprod(1)[ray, place]
    weights = torch.where(light >= stop, light * alpha, 0)
    both = torch.cat([torch.ones_like(values[:, :1]), values, distances[:, None]], dim=1)
    summed = both.new_zeros(rays, both.shape[1]).index_add(0, ray, weights[:, None] * both)
    return weights, summed[:, 0], summed[:, 1:-1], summed[:, -1]
