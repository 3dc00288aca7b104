"""Losses on the pictures themselves; no encoder looks at them."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from guidance.loss import Loss
from guidance.losses.filters import fitted
from limn.frames import Frames
from limn.step import Step

Distance = Literal["l2", "l1"]


def pixels(rgb: Tensor, target: Tensor, distance: Distance = "l2") -> Tensor:
    """Mean distance of pictures to a target.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [1, 3, H, W] in 0..1.
        distance: ``l2`` (x - y)^2 or ``l1`` |x - y|.

    Returns:
        [S].
    """
    difference = rgb - target
    return (difference.square() if distance == "l2" else difference.abs()).flatten(1).mean(dim=1)


def total_variation(rgb: Tensor) -> Tensor:
    """Mean absolute difference of neighbouring pixels, across plus down.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.

    Returns:
        [S].

    Source: Rudin, Osher and Fatemi 1992, the anisotropic form.
    """
    across = rgb.diff(dim=-1).abs().flatten(1).mean(dim=1)
    down = rgb.diff(dim=-2).abs().flatten(1).mean(dim=1)
    return across + down


class Pixels(Loss):
    """`pixels` of the target, which is resized to the pictures where their sizes differ.

    Args:
        target: [1, 3, H, W] in 0..1.
        distance: ``l2`` or ``l1``.
    """

    def __init__(self, target: Tensor, distance: Distance = "l2") -> None:
        super().__init__()
        self.target, self.distance = target, distance

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return pixels(frames.rgb, fitted(self.target, *frames.rgb.shape[-2:]), self.distance)


class TotalVariation(Loss):
    """`total_variation`: keeps pictures smooth."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return total_variation(frames.rgb)
