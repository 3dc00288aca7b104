"""Tone: pictures that look alike from afar."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.loss import LOSSES, Loss, Step
from renderers.frames import Frames


def blur(pictures: Tensor, sigma: float) -> Tensor:
    """Gaussian blur; beyond the border lie the pixels of the border.

    Args:
        pictures: [N, 3, H, W].
        sigma: standard deviation in pixels; the filter reaches three of them.

    Returns:
        [N, 3, H, W].
    """
    reach = max(1, math.ceil(3 * sigma))
    weights = torch.exp(-0.5 * (torch.arange(-reach, reach + 1, device=pictures.device) / sigma) ** 2)
    weights = (weights / weights.sum()).to(pictures)
    padded = F.pad(pictures, [reach] * 4, mode="replicate").flatten(0, 1)[:, None]
    across = F.conv2d(padded, weights.view(1, 1, 1, -1))
    return F.conv2d(across, weights.view(1, 1, -1, 1)).view_as(pictures)


def tone(rgb: Tensor, target: Tensor, width: float = 0.05) -> Tensor:
    """How far pictures are from a target where both are blurred: the mean squared difference.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [1, 3, H, W] in 0..1.
        width: standard deviation of the blur, as a fraction of the height.

    Returns:
        [S].

    Source: Iluz et al., Word-As-Image for Semantic Typography, 2023, the tone-preserving loss (30 of 600 pixels).
    """
    sigma = width * rgb.shape[-2]
    difference = (rgb - target).flatten(0, 1)
    return blur(difference, sigma).square().view(len(rgb), -1).mean(dim=1)


@LOSSES.register("tone")
class Tone(Loss):
    """`tone` of the target: for letters, of the letters as the font has them.

    Args:
        target: [1, 3, H, W] in 0..1.
        width: standard deviation of the blur, as a fraction of the height.
    """

    def __init__(self, target: Tensor, width: float = 0.05) -> None:
        super().__init__()
        self.target, self.width = target, width

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        target, size = self.target, frames.rgb.shape[-2:]
        if target.shape[-2:] != size:
            target = F.interpolate(target, size=size, mode="bilinear", antialias=True, align_corners=False)
        return tone(frames.rgb, target, self.width)
