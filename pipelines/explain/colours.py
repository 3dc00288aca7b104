"""Worth as colour: red drives the score up, blue down, white neither."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.filters import blur

UP, DOWN = (0.72, 0.11, 0.08), (0.09, 0.32, 0.62)

PALE = 0.25
"""How much of a picture shows through its heat map."""


def colours_of(worth: Tensor, none: float = 0.85) -> Tensor:
    """Colours of numbers of any shape [..., 3] in 0..1; the largest of either sign is full.

    Args:
        worth: the numbers.
        none: grey of what is worth nothing.
    """
    share = (worth / worth.abs().max().clamp_min(1e-12))[..., None]
    end = torch.where(share > 0, worth.new_tensor(UP), worth.new_tensor(DOWN))
    return none + share.abs().sqrt() * (end - none)


def heat_map(picture: Tensor, worth: Tensor, most: float | None = None) -> Tensor:
    """A picture in pale grey under the colours of what its places are worth [3, H, W].

    Args:
        picture: [3, H, W] in 0..1.
        worth: of each pixel [H, W]; it is smoothed, as single pixels say little.
        most: the worth that has the full colour; the largest unless given.
    """
    smooth = smoothed(worth)
    share = (smooth / (most or smooth.abs().max().clamp_min(1e-12))).clamp(-1, 1)
    up, down = (worth.new_tensor(colour)[:, None, None] for colour in (UP, DOWN))
    end = torch.where(share > 0, up, down)
    ground = 1 - PALE * (1 - picture.mean(dim=0, keepdim=True))
    return (ground + share.abs() * (end - ground)).clamp(0, 1)


def smoothed(worth: Tensor) -> Tensor:
    """Numbers of pixels [H, W], each the mean of its surroundings."""
    return blur(worth[None, None], max(worth.shape) / 20)[0, 0]
