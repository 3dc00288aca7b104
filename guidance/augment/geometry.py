"""Augmentations of the viewpoint: homographies, composed and sampled once."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.augment.kinds import Augmentation, uniform
from limn.ranges import Fraction, Rising

Share = Annotated[float, Field(ge=0.01, le=1)]
Size = Annotated[float, Field(ge=0.01, le=100)]


class Perspective(Augmentation):
    """Tilts the picture: each corner moves inwards by up to half of ``distortion`` of the side.

    Args:
        distortion: 0..1; 0.5 in CLIPasso and CLIPDraw.

    Source: torchvision's RandomPerspective with p = 1.
    """

    def __init__(self, distortion: Fraction = 0.5) -> None:
        self.distortion = distortion

    def geometry(self, count: int, generator: torch.Generator) -> Tensor:
        """Maps from the moved corners to the picture's."""
        corners = torch.tensor([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        moved = corners * (1.0 - uniform(generator, 0.0, self.distortion, count, 4, 2))
        return homography(moved, corners.expand(count, 4, 2))


class Crop(Augmentation):
    """Looks at a random part of the picture in its own proportions, enlarged to the whole view.

    Args:
        scale: share of the area in 0..1, one number or two, rising (0.8 in CLIPasso, [0.7, 0.9] in CLIPDraw).

    Source: torchvision's RandomResizedCrop with ratio 1.
    """

    def __init__(self, scale: Share | Annotated[tuple[Share, Share], Rising] = 0.8) -> None:
        self.least, self.most = (scale, scale) if isinstance(scale, int | float) else scale

    def geometry(self, count: int, generator: torch.Generator) -> Tensor:
        """Maps to parts of the picture."""
        side = uniform(generator, self.least, self.most, count).sqrt()
        centre = uniform(generator, -1.0, 1.0, count, 2) * (1.0 - side)[:, None]
        return _similarity(side, torch.zeros(count), centre)


class Affine(Augmentation):
    """Turns, shifts and scales the picture.

    Args:
        degrees: largest turn to either side.
        translate: largest shift, as a share of the side.
        scale: least and most size of the picture in the view.
    """

    def __init__(
        self,
        degrees: Annotated[float, Field(ge=0, le=360)] = 15.0,
        translate: Fraction = 0.1,
        scale: Annotated[tuple[Size, Size], Rising] = (1.0, 1.0),
    ) -> None:
        self.angle = math.radians(degrees)
        self.translate = translate
        self.least, self.most = scale

    def geometry(self, count: int, generator: torch.Generator) -> Tensor:
        """Maps that undo a turn, a shift and a change of size."""
        size = uniform(generator, self.least, self.most, count)
        angle = uniform(generator, -self.angle, self.angle, count)
        shift = uniform(generator, -2.0 * self.translate, 2.0 * self.translate, count, 2)
        return _similarity(1.0 / size, angle, shift)


def homography(source: Tensor, destination: Tensor) -> Tensor:
    """The projective maps that take four points to four points.

    Args:
        source: [K, 4, 2], no three on a line.
        destination: [K, 4, 2].

    Returns:
        [K, 3, 3] with a last entry of 1.
    """
    (x, y), (u, v) = source.unbind(-1), destination.unbind(-1)
    one, zero = torch.ones_like(x), torch.zeros_like(x)
    upper = torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], dim=-1)
    lower = torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], dim=-1)
    entries = torch.linalg.solve(torch.cat([upper, lower], dim=1), torch.cat([u, v], dim=1))
    return torch.cat([entries, torch.ones(len(entries), 1)], dim=1).view(-1, 3, 3)


def _similarity(scale: Tensor, angle: Tensor, shift: Tensor) -> Tensor:
    """Turn and scale, then shift, as [K, 3, 3]."""
    cos, sin, zero = scale * angle.cos(), scale * angle.sin(), torch.zeros_like(scale)
    rows = [cos, -sin, shift[:, 0], sin, cos, shift[:, 1], zero, zero, torch.ones_like(scale)]
    return torch.stack(rows, dim=1).view(-1, 3, 3)
