"""What losses on pictures do to pictures first: blur them, bring them to a size."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Gaussian blur; beyond the border lie the pixels of the border.

    Args:
        pictures: [N, C, H, W].
        sigma: standard deviation in pixels; the filter reaches three of them.

    Returns:
        [N, C, H, W].
    """
    reach = max(1, math.ceil(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=pictures.device) / sigma) ** 2)
    weights = (weights / weights.sum()).to(pictures)
    return weighted(F.pad(pictures, [reach] * 4, mode="replicate"), weights, weights)


def weighted(pictures: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Weighted means in windows that lie in the pictures.

    Args:
        pictures: [N, C, H, W].
        down: weights of the rows of a window [h].
        across: weights of its columns [w].

    Returns:
        [N, C, H - h + 1, W - w + 1].
    """
    planes = pictures.flatten(0, 1)[None]
    count = planes.shape[1]  # as channels by themselves; as a batch of one channel, torch takes twenty times as long
    for kernel in (across.view(1, 1, 1, -1), down.view(1, 1, -1, 1)):
        planes = F.conv2d(planes, kernel.expand(count, -1, -1, -1), groups=count)
    return planes.view(*pictures.shape[:2], *planes.shape[-2:])


def fitted(pictures: Tensor, height: int, width: int) -> Tensor:
    """Pictures of a size, resized where they have another.

    Args:
        pictures: [N, C, H, W].
        height: in pixels.
        width: in pixels.

    Returns:
        [N, C, height, width].
    """
    if pictures.shape[-2:] == (height, width):
        return pictures
    return F.interpolate(pictures, size=(height, width), mode="bilinear", antialias=True, align_corners=False)
