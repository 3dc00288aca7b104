"""unproject: from depth to points in the world."""

from __future__ import annotations

import torch
from torch import Tensor

from limn.cameras.cameras import Cameras


def unproject(depth: Tensor, cameras: Cameras) -> Tensor:
    """Where pixels look at in the world.

    Args:
        depth: distance along the view axis of each pixel [..., V, H, W].
        cameras: V of them.

    Returns:
        [..., V, H, W, 3].
    """
    height, width = depth.shape[-2:]
    cameras = cameras.shaped((height, width)).to(depth.device)
    down = 1.0 - (2.0 * torch.arange(height, device=depth.device) + 1.0) / height
    right = (2.0 * torch.arange(width, device=depth.device) + 1.0) / width - 1.0
    rows = cameras.projection[:, :, :, None, None]
    scale = rows[:, 3, 3] - rows[:, 3, 2] * depth  # the w of clip space; z is minus the depth
    x = (right * scale + rows[:, 0, 2] * depth - rows[:, 0, 3]) / rows[:, 0, 0]
    y = (down[:, None] * scale + rows[:, 1, 2] * depth - rows[:, 1, 3]) / rows[:, 1, 1]
    seen = torch.stack([x, y, -depth, torch.ones_like(depth)], dim=-1)
    return torch.einsum("vij,...vhwj->...vhwi", cameras.camera_to_world[:, :3].to(depth), seen)
