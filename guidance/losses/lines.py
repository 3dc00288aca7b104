"""Lines: a drawing has its dark lines where a picture has them."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.losses.comparison import PictureComparison
from guidance.target import Target
from limn.ranges import Positive

RATIO = 1.6
"""Of the two blurs whose difference finds lines (Marr and Hildreth 1980)."""


def line_map(pictures: Tensor, width: float = 0.009) -> Tensor:
    """How much darker each place of a picture is than what is around it: a difference of Gaussians.

    Args:
        pictures: [N, 3, H, W] in 0..1.
        width: standard deviation of the narrower Gaussian, as a fraction of the longer side.

    Returns:
        [N, 1, h, w], where a pixel is as wide as ``width``, or as one of the picture: above 0 in dark lines and on the
        dark side of edges.

    Source: Winnemöller et al., XDoG: An eXtended difference-of-Gaussians compendium, 2012.
    """
    (height, wide), like = pictures.shape[-2:], (pictures.dtype, pictures.device)
    # Samples that are closer than pixels would lie between those that a Gaussian reaches.
    h, w = (min(side, max(1, round(side / (width * max(height, wide))))) for side in (height, wide))
    # Grey is the mean of the colours; a matrix is divided by their number sooner than a picture.
    grey = pictures.sum(dim=1, keepdim=True)
    narrow = (_gaussian(height, h, 1.0, *like) / pictures.shape[1]) @ grey @ _gaussian(wide, w, 1.0, *like).mT
    # Variances of blurs add up.
    more = (RATIO**2 - 1) ** 0.5
    return _gaussian(h, h, more, *like) @ narrow @ _gaussian(w, w, more, *like).mT - narrow


@cache
def _gaussian(side: int, samples: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """A matrix [samples, side] that blurs ``side`` pixels and takes samples; ``sigma`` in distances between samples."""
    pixels, places = (torch.arange(n, dtype=dtype, device=device) + 0.5 for n in (side, samples))
    weights = torch.exp(-0.5 * ((pixels * (samples / side) - places[:, None]) / sigma) ** 2)
    return weights / weights.sum(dim=1, keepdim=True)


def faint_too(lines: Tensor, contrast: float = 0.03) -> Tensor:
    """Brings lines of all contrasts nearer to each other: x / (|x| + contrast), in -1..1.

    Args:
        lines: any shape.
        contrast: of the lines that become half.

    Source: Naka and Rushton 1966, how the eye's response saturates.
    """
    return lines / (lines.abs() + contrast)


def lines(drawn: Tensor, wanted: Tensor) -> Tensor:
    """How little the lines of drawings agree with those of a picture: the mean over views of 1 - cos.

    Args:
        drawn: `line_map` of S candidates in V views [S, V, 1, h, w].
        wanted: `line_map` of the target, of all contrasts (`faint_too`) [1 or S, 1 or V, 1, h, w].

    Returns:
        0..2 [S]; 1 for a blank drawing.
    """
    return (1.0 - F.cosine_similarity(drawn.flatten(2), wanted.flatten(2), dim=-1, eps=1e-2)).mean(dim=1)


Width = Annotated[float, Field(ge=1e-3, le=0.5)]


class Lines(PictureComparison):
    """`lines` of the target; it needs no encoder, so it serves photographs as well as drawings.

    Args:
        target: a fixed picture, or one for each view.
        width: of the lines, as a fraction of the picture: standard deviation of the narrower Gaussian.
        contrast: difference in grey of lines that count half as much as the strongest.
    """

    def __init__(self, target: Target, width: Width = 0.009, contrast: Positive = 0.03) -> None:
        super().__init__(target)
        self.width, self.contrast = width, contrast

    def represent(self, rgb: Tensor) -> Tensor:
        """`line_map` [N, 1, h, w]."""
        return line_map(rgb, self.width)

    def represent_target(self, rgb: Tensor) -> Tensor:
        """Lines of all contrasts [N, 1, h, w]."""
        return faint_too(line_map(rgb, self.width), self.contrast)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`lines`."""
        return lines(pictures, target)
