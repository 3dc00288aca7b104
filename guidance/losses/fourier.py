"""Total variation in Fourier space: keeps encoders from being pleased by patterns that nobody else sees."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames
from limn.step import Step


def fourier_variation(rgb: Tensor) -> Tensor:
    """Sum over frequencies of their amplitudes times 2 pi |f|, the mean over views and channels.

    With f in cycles per pixel, no slope of the picture from pixel to pixel is steeper. Pictures of the world have
    amplitudes of about 1 / |f|, so that all frequencies count alike; noise has as many in each. Pictures count as
    periodic.

    Args:
        rgb: S candidates in V views [S, V, C, H, W].

    Returns:
        [S].

    Source: the first moment of the Fourier magnitudes, Barron 1993.
    """
    height, width = rgb.shape[-2:]
    down, across = (torch.fft.fftfreq(side, device=rgb.device) for side in (height, width))
    frequency = torch.hypot(down[:, None], across[None, :])
    amplitude: Tensor = torch.fft.fft2(rgb, norm="forward").abs()
    return (2 * math.pi * frequency * amplitude).sum(dim=(-2, -1)).flatten(1).mean(dim=1)


class FourierVariation(Loss):
    """`fourier_variation`: keeps pictures from fine patterns, more than `total_variation` does and edges less."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return fourier_variation(frames.rgb)
