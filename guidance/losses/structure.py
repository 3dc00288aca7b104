"""Structural similarity: luminance, contrast and structure in small windows."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.filters import weighted
from guidance.losses.comparison import PictureComparison

WINDOW, SIGMA = 11, 1.5
C1, C2 = 0.01**2, 0.03**2
SCALES = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""What each scale counts, the finest first (Wang, Simoncelli and Bovik 2003)."""


def ssim(pictures: Tensor, target: Tensor) -> Tensor:
    """1 - the mean structural similarity, in windows of a Gaussian (11 pixels, sigma 1.5) that lie in the picture.

    Args:
        pictures: of S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [1 or S, 1 or V, 3, H, W].

    Returns:
        0..2 [S].

    Source: Wang et al., Image quality assessment: from error visibility to structural similarity, 2004.
    """
    similar, _ = _maps(*_flat(pictures, target))
    return 1 - similar.mean(dim=(1, 2, 3)).view(pictures.shape[:2]).mean(dim=1)


def ms_ssim(pictures: Tensor, target: Tensor) -> Tensor:
    """1 - the structural similarity over up to five scales, each half as large as the one before.

    Pictures that are too small for five scales (161 pixels) are compared in those that fit; their weights then add
    up to one.

    Args:
        pictures: of S candidates in V views [S, V, 3, H, W] in 0..1.
        target: [1 or S, 1 or V, 3, H, W].

    Returns:
        0..1 [S].

    Source: Wang, Simoncelli and Bovik, Multi-scale structural similarity for image quality assessment, 2003. As is
    usual, negative similarities count as zero.
    """
    x, y = _flat(pictures, target)
    count = sum(min(x.shape[-2:]) >> scale >= WINDOW for scale in range(len(SCALES))) or 1
    weights = torch.tensor(SCALES[:count], device=x.device) / sum(SCALES[:count])
    product = torch.ones(1, device=x.device)
    for scale in range(count):
        similar, contrast = _maps(x, y)
        judged = similar if scale == count - 1 else contrast
        # A power of zero has no gradient.
        product = product * judged.mean(dim=(2, 3)).clamp_min(1e-6) ** weights[scale]
        x, y = (F.avg_pool2d(each, 2, ceil_mode=True) for each in (x, y))
    return 1 - product.mean(dim=1).view(pictures.shape[:2]).mean(dim=1)


def _flat(pictures: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return pictures.flatten(0, 1), target.expand_as(pictures).flatten(0, 1)


def _maps(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Similarity, and that of contrast and structure alone, in every window [N, 3, h, w]."""
    moments = _windowed(torch.cat([x, y, x * x, y * y, x * y], dim=1))
    mean_x, mean_y, xx, yy, xy = moments.chunk(5, dim=1)
    variance_x, variance_y, covariance = xx - mean_x**2, yy - mean_y**2, xy - mean_x * mean_y
    contrast = (2 * covariance + C2) / (variance_x + variance_y + C2)
    return contrast * (2 * mean_x * mean_y + C1) / (mean_x**2 + mean_y**2 + C1), contrast


def _windowed(pictures: Tensor) -> Tensor:
    """Gaussian means in windows that lie in the pictures; smaller pictures have smaller windows."""
    rows, columns = (_taps(min(WINDOW, side), pictures) for side in pictures.shape[-2:])
    return weighted(pictures, rows, columns)


def _taps(side: int, like: Tensor) -> Tensor:
    places = torch.arange(side, dtype=like.dtype, device=like.device) - (side - 1) / 2
    taps = torch.exp(-0.5 * (places / SIGMA) ** 2)
    return taps / taps.sum()


class StructuralSimilarity(PictureComparison):
    """`ssim` to the target: a fixed picture, or one for each view."""

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`ssim`."""
        return ssim(pictures, target)


class MultiScaleSimilarity(PictureComparison):
    """`ms_ssim` to the target: a fixed picture, or one for each view."""

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`ms_ssim`."""
        return ms_ssim(pictures, target)
