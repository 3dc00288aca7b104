"""Rays: what the pixels of a view look along."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.cameras import Cameras


def rays_of(cameras: Cameras, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The rays through the centres of all pixels, from the near plane on.

    Args:
        cameras: of V views.
        size: height and width in pixels.

    Returns:
        Origins and unit directions in the world, each [V, H, W, 3], top row first.
    """
    height, width = size
    inverse = torch.linalg.inv(cameras.shaped(size).world_to_clip)
    down = 1 - (2 * torch.arange(height, device=inverse.device) + 1) / height
    right = (2 * torch.arange(width, device=inverse.device) + 1) / width - 1
    y, x = torch.meshgrid(down, right, indexing="ij")
    near, far = (_unprojected(inverse, x, y, z) for z in (-1.0, 1.0))
    return near, F.normalize(far - near, dim=-1)


def _unprojected(inverse: Tensor, x: Tensor, y: Tensor, z: float) -> Tensor:
    clip = torch.stack([x, y, torch.full_like(x, z), torch.ones_like(x)], dim=-1)
    points = torch.einsum("vij,hwj->vhwi", inverse, clip)
    return points[..., :3] / points[..., 3:]
