"""Pictures of one thing in another colour, so that "a blue sailboat" needs no picture of one."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from limn.colours import COLOURS

TINTS = tuple(COLOURS)
"""The colours by name."""

HUES = 24
"""Steps of the colour circle among which the main hue of a picture is looked for."""


def tint(pictures: Tensor, colour: str) -> Tensor:
    """Gives what has a picture's main hue another colour: grey + chroma t becomes grey + chroma T; the rest stays.

    Args:
        pictures: [M, 3, h, w] in 0..1.
        colour: one of `TINTS`.

    Returns:
        The same shape.
    """
    hue, grey, chroma = hue_of(pictures)
    circle = torch.arange(HUES).to(pictures) * (2.0 * math.pi / HUES)
    near = (8.0 * ((hue - circle.view(1, -1, 1, 1)).cos() - 1.0)).exp()
    main = circle[(near * chroma).sum(dim=(2, 3)).argmax(dim=1)].view(-1, 1, 1, 1)
    taken = (2.0 * (hue - main).cos()).clamp(0.0, 1.0)  # all up to 60 degrees away, none beyond 90
    new = grey + chroma * torch.tensor(COLOURS[colour]).to(pictures).view(1, 3, 1, 1)
    return pictures + taken * (new - pictures)


def hue_of(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue in radians, the grey that all of red, green and blue have, and what the most of them has above it.

    Args:
        pictures: [M, 3, h, w] in 0..1.

    Returns:
        Three of [M, 1, h, w].
    """
    red, green, blue = torch.split(pictures, 1, dim=1)
    hue = torch.atan2(math.sqrt(0.75) * (green - blue), red - 0.5 * (green + blue))
    grey = pictures.amin(dim=1, keepdim=True)
    return hue, grey, pictures.amax(dim=1, keepdim=True) - grey
