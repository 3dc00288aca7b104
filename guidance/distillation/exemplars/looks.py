"""How pictures of things on white paper may take part: as they are, as silhouettes or as textures."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

Look = Literal["plain", "silhouette", "texture"]

INK, PAPER = 0.8, 0.95
"""Pixels with a darkest channel below INK belong to a thing; above PAPER they may be paper."""

REACH = 6
"""Radius in pixels of the mean that spreads colours; more than the width of an outline."""


def looking(pictures: Tensor, look: Look) -> Tensor:
    """Pictures [M, 3, H, W] in 0..1 in one of the looks."""
    if look == "silhouette":
        return silhouettes(pictures)
    return textures(pictures) if look == "texture" else pictures


def silhouettes(pictures: Tensor) -> Tensor:
    """All that is not white turns black.

    Args:
        pictures: [M, 3, H, W] in 0..1.
    """
    return ((pictures.amin(dim=1, keepdim=True) - INK) / (PAPER - INK)).clamp(0.0, 1.0).expand_as(pictures)


def textures(pictures: Tensor) -> Tensor:
    """Spreads the colours of things over the white paper around them; a picture that is all paper stays.

    Args:
        pictures: [M, 3, H, W] in 0..1.
    """
    white = (pictures.amin(dim=1, keepdim=True) > PAPER).float()
    around = F.pad(white * 0.0, [1] * 4, value=1.0)
    for _ in range(sum(pictures.shape[-2:])):  # white that is connected to the border
        around = F.pad(F.max_pool2d(around, 3, 1) * white, [1] * 4, value=1.0)
    paper = F.max_pool2d(around, 3, 1)  # the rim is mixed with it
    known = 1.0 - paper
    colours = pictures * known
    for _ in range(max(pictures.shape[-2:]) // REACH + 1):
        near, spread = (F.avg_pool2d(x, 2 * REACH + 1, 1, REACH, count_include_pad=False) for x in (known, colours))
        new = ((known == 0) & (near > 0)).float()
        colours, known = colours + new * spread / near.clamp(min=1e-6), known + new
    return colours + (1.0 - known) * pictures
