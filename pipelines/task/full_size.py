"""Full size: what a run changed in a small copy of a photograph, changed in the photograph itself."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

REACH = 4
"""Of the windows in which a change follows the photograph, in pixels of the copy."""

EVEN = 1e-3
"""Variance, of values in 0..1, below which a window is even and its change follows nothing."""


def changed_alike(photograph: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """A photograph, changed as a small copy of it was.

    In every window the change is a linear function of the copy, plus what is left. The functions are applied to the
    photograph, so that a change ends where the photograph has its edges; what is left is enlarged as it is.

    Args:
        photograph: [3, H, W] in 0..1.
        before: its copy [3, h, w].
        after: the changed copy [3, h, w].

    Returns:
        [3, H, W] in 0..1; equal to the photograph where nothing changed.

    Source: He and Sun, Fast Guided Filter, 2015.
    """
    size = [*photograph.shape[1:]]
    found = []
    for own, guide, change in zip(photograph, before, after - before, strict=True):  # one by one: photographs are large
        mean, along = _mean(guide), _mean(change)
        slope = (_mean(guide * change) - mean * along) / (_mean(guide * guide) - mean * mean + EVEN)
        slope, offset = _mean(slope), _mean(along - slope * mean)
        parts = torch.stack([slope, offset, change - slope * guide - offset])[None]
        slope, offset, rest = F.interpolate(parts, size=size, mode="bicubic", align_corners=False)[0]
        found.append((own + slope * own + offset + rest).clamp(0, 1))
    return torch.stack(found)


def followed(photograph: Tensor, change: Tensor) -> Tensor:
    """A change of a photograph, smoothed but at its edges (He, Sun and Tang, Guided Image Filtering, 2010).

    Args:
        photograph: [3, H, W] in 0..1.
        change: [3, H, W].
    """
    guide = photograph.mean(dim=0)
    mean, spread = _mean(guide), _mean(guide * guide) - _mean(guide).square() + EVEN
    found = []
    for each in change:
        slope = (_mean(guide * each) - mean * _mean(each)) / spread
        found.append(_mean(slope) * guide + _mean(_mean(each) - slope * mean))
    return torch.stack(found)


def _mean(values: Tensor) -> Tensor:
    """Means over windows [h, w]."""
    around = F.pad(values[None, None], [REACH] * 4, mode="replicate")
    return F.avg_pool2d(around, 2 * REACH + 1, stride=1)[0, 0]
