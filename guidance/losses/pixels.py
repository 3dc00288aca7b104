"""Losses on the pictures themselves; no encoder looks at them."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from guidance.kornia import Space, in_space, kornia
from guidance.loss import Loss
from guidance.losses.comparison import PictureComparison
from guidance.target import Target
from limn.frames import Frames
from limn.step import Step

Distance = Literal["l2", "l1"]


def pixels(rgb: Tensor, target: Tensor, distance: Distance = "l2") -> Tensor:
    """Mean distance of pictures to a target.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [3, H, W] or [1 or S, 1 or V, 3, H, W] in 0..1.
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


class PixelDistance(PictureComparison):
    """`pixels` of the target: a picture, a photograph from each view, or the scene as it was at the start.

    Args:
        target: a fixed picture, or one for each view.
        distance: ``l2`` or ``l1``.
        space: of the colours; all but ``rgb`` need kornia.

    Raises:
        InputError: kornia is needed and not installed.
    """

    def __init__(self, target: Target, distance: Distance = "l2", space: Space = "rgb") -> None:
        super().__init__(target)
        if space != "rgb":
            kornia("color", f"space: {space}")
        self.metric, self.space = distance, space

    def represent(self, rgb: Tensor) -> Tensor:
        """The picture in the colour space."""
        return in_space(rgb, self.space)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`pixels`."""
        return pixels(pictures, target, self.metric)


class TotalVariation(Loss):
    """`total_variation`: keeps pictures smooth."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return total_variation(frames.rgb)
