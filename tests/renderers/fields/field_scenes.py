"""What the tests of fields look at, and from where."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def rays_at_the_box(count: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Rays from outside and from inside the box to points in it; some are parallel to its sides. Double precision."""
    generator = torch.Generator().manual_seed(seed)
    origins = 2.5 * F.normalize(torch.randn(count, 3, generator=generator, dtype=torch.float64), dim=1)
    origins[::5] *= 0.2
    aims = 1.6 * torch.rand(count, 3, generator=generator, dtype=torch.float64) - 0.8
    aims[::7, 0] = origins[::7, 0].clamp(-0.9, 0.9)
    origins[::7, 0] = aims[::7, 0]
    return origins, F.normalize(aims - origins, dim=1)


def view_of_the_centre(side: int, distance: float = 2.5, fov: float = 50.0) -> tuple[Tensor, Tensor]:
    """The rays of a square picture from an eye on the z axis, in single precision."""
    reach = math.tan(math.radians(fov / 2))
    across = reach * ((2 * torch.arange(side) + 1) / side - 1)
    y, x = torch.meshgrid(-across, across, indexing="ij")
    directions = F.normalize(torch.stack([x, y, -torch.ones_like(x)], dim=-1).view(-1, 3), dim=1)
    return torch.tensor([[0.0, 0.0, distance]]).repeat(len(directions), 1), directions
