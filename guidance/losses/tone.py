"""Tone: pictures that look alike from afar."""

from __future__ import annotations

from torch import Tensor

from guidance.loss import Loss
from guidance.losses.filters import blur, fitted
from limn.frames import Frames
from limn.step import Step


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
        return tone(frames.rgb, fitted(self.target, *frames.rgb.shape[-2:]), self.width)
