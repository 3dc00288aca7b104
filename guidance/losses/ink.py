"""Ink: a drawing is dark where a picture has its outlines."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from guidance.filters import fitted
from guidance.losses.comparison import PictureComparison
from guidance.losses.outlines import Scale, outlines
from guidance.target import Target
from guidance.vgg import edges, thinned
from limn.frames import Frames
from limn.step import Step

SEEN = 512
"""Longer side, in pixels, in which outlines are found: in smaller pictures faces have none."""


class Ink(PictureComparison):
    """`outlines` between what is dark and the outlines of the target as HED sees them (Xie and Tu 2015).

    The network looks at the target alone, and at a fixed one once. So the loss serves drawings in dark lines, at the
    price of a few sums a step; the loss ``outlines`` looks at the drawing as well.

    Args:
        target: a fixed picture, or one for each view.
        scales: widths in pixels of the boxes over which both are averaged first; wide ones attract what is far.
    """

    def __init__(self, target: Target, scales: tuple[Scale, ...] = (1, 2, 4)) -> None:
        super().__init__(target)
        self.scales = scales

    def represent(self, rgb: Tensor) -> Tensor:
        """How dark pictures are [N, 1, H, W]."""
        return 1.0 - rgb.mean(dim=1, keepdim=True)

    def represent_target(self, rgb: Tensor) -> Tensor:
        """Its outlines, a line wide [N, 1, H, W]."""
        height, width = rgb.shape[-2:]
        scale = max(1.0, SEEN / max(height, width))
        large = F.interpolate(rgb, size=(round(height * scale), round(width * scale)), mode="bicubic")
        return fitted(thinned(edges(large.clamp(0, 1))).detach(), height, width)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        dark = 1.0 - frames.rgb.mean(dim=2, keepdim=True)
        wanted = self._of_target(frames, step)
        if self.target.weight is not None:  # a picture is dark where it has no outlines, too
            weight = fitted(self.target.weight, *dark.shape[-2:]).to(dark)
            dark, wanted = dark * weight, wanted * weight
        return self.distance(dark, wanted)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`outlines`."""
        return outlines(pictures, target, self.scales)
