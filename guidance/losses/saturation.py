"""Saturation: how far colours are from grey of middle lightness."""

from __future__ import annotations

from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames
from limn.step import Step


def saturation(rgb: Tensor) -> Tensor:
    """The mean square of pictures in -1..1.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.

    Returns:
        0..1 [S].

    Source: Jain et al., VectorFusion, 2023, the penalty that keeps pixel art from saturating, weighted 0.05.
    """
    return (2.0 * rgb - 1.0).square().flatten(1).mean(dim=1)


class Saturation(Loss):
    """`saturation`: tames the colours that high guidance scales bring."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return saturation(frames.rgb)
