"""Tone: pictures that look alike from afar."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor

from guidance.filters import blur
from guidance.losses.comparison import PictureComparison
from guidance.target import Target


def tone(rgb: Tensor, target: Tensor, width: float = 0.05) -> Tensor:
    """How far pictures are from a target where both are blurred: the mean squared difference.

    Args:
        rgb: S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [3, H, W] or [1 or S, 1 or V, 3, H, W] in 0..1.
        width: standard deviation of the blur, as a fraction of the longer side.

    Returns:
        [S].

    Source: Iluz et al., Word-As-Image for Semantic Typography, 2023, the tone-preserving loss (30 of 600 pixels).
    """
    sigma = width * max(rgb.shape[-2:])
    difference = (rgb - target).flatten(0, 1)
    return blur(difference, sigma).square().view(len(rgb), -1).mean(dim=1)


Width = Annotated[float, Field(ge=1e-3, le=0.5)]


class Tone(PictureComparison):
    """`tone` of the target: for letters, of the letters as the font has them.

    Args:
        target: a fixed picture, or one for each view.
        width: standard deviation of the blur, as a fraction of the longer side.
    """

    def __init__(self, target: Target, width: Width = 0.05) -> None:
        super().__init__(target)
        self.width = width

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`tone`."""
        return tone(pictures, target, self.width)
