"""Colours of a surface as rays see them: composited along its inward normal."""

from __future__ import annotations

import torch
from torch import Tensor

from renderers.fields.surface.blocks import BLOCK, Values

OUTSIDE, INSIDE = 1.5, 6.5
"""Cells in front of the surface and behind it that are looked at."""

STEP = 0.5
"""Of a cell, from one look to the next."""

CLEAR = 0.02
"""Transmittance below which a ray is done."""


def seen_colours(points: Tensor, normals: Tensor, colour: Values, density: Values | None, cell: float) -> Tensor:
    """Colours of points of a surface, as a ray that comes in along the normal composites them.

    Args:
        points: on the surface [N, 3].
        normals: unit, outward [N, 3].
        colour: of the field, [N, 3].
        density: of the field per unit of length [N]; None takes the colours at the points.
        cell: the length of what the field resolves.

    Returns:
        sRGB in 0..1 [N, 3].
    """
    if density is None:
        return torch.cat([colour(piece) for piece in torch.split(points, BLOCK)])
    pieces = zip(torch.split(points, BLOCK), torch.split(normals, BLOCK), strict=True)
    return torch.cat([_composited(piece, normal, colour, density, cell) for piece, normal in pieces])


def _composited(points: Tensor, normals: Tensor, colour: Values, density: Values, cell: float) -> Tensor:
    step = STEP * cell
    # Where next to nothing is seen, the colour at the surface decides.
    total = colour(points) * CLEAR**2
    weight = torch.full_like(points[:, :1], CLEAR**2)
    clear = torch.ones_like(weight[:, 0])
    for number in range(round((OUTSIDE + INSIDE) / STEP)):
        (going,) = torch.where(clear > CLEAR)
        if not len(going):
            break
        place = points[going] + normals[going] * (OUTSIDE * cell - (number + 0.5) * step)
        passed = torch.exp(-step * density(place))
        share = (clear[going] * (1 - passed))[:, None]
        total.index_add_(0, going, share * colour(place))
        weight.index_add_(0, going, share)
        clear[going] *= passed
    return total / weight
