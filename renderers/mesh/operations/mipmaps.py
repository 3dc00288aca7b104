"""The levels of a texture map, each half the size of the one before."""

from __future__ import annotations

import torch
from torch import Tensor


def pyramid(maps: Tensor) -> list[Tensor]:
    """Averages maps [A, H, W, C] down to one texel; an odd size is halved and rounded down. Differentiable."""
    levels = [maps]
    while max(levels[-1].shape[1:3]) > 1:
        last = levels[-1].permute(0, 3, 1, 2)
        size = (max(last.shape[2] // 2, 1), max(last.shape[3] // 2, 1))
        levels.append(torch.nn.functional.adaptive_avg_pool2d(last, size).permute(0, 2, 3, 1))
    return levels
