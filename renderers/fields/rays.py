"""Rays: what the pixels of a view look along."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.cameras import Cameras, unproject


def rays_of(cameras: Cameras, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """The rays through the centres of all pixels.

    Args:
        cameras: of V views.
        size: height and width in pixels.

    Returns:
        Origins in the world, at depth 0 (the eye; a plane through it where the view is orthographic), and unit
        directions, each [V, H, W, 3], top row first.
    """
    depth = torch.zeros(len(cameras), *size, device=cameras.view.device)
    origins = unproject(depth, cameras)
    return origins, F.normalize(unproject(depth + 1.0, cameras) - origins, dim=-1)
