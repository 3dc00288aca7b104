"""Areas and lengths of cubic Bezier curves in closed form."""

from __future__ import annotations

import torch
from torch import Tensor

_AREA = {(0, 1): 6.0, (0, 2): 3.0, (0, 3): 1.0, (1, 2): 3.0, (1, 3): 3.0, (2, 3): 6.0}
"""Twenty times the integral of (B_i B_j' - B_j B_i') / 2 over 0..1, for Bernstein polynomials i < j."""


def signed_areas(cubics: Tensor) -> Tensor:
    """The share of each cubic in the area that a closed chain of cubics encloses: the integral of (x dy - y dx) / 2.

    Args:
        cubics: control points [..., 4, 2].

    Returns:
        [...], positive where the chain runs clockwise on the screen (y down).
    """
    x, y = cubics.unbind(dim=-1)
    total = torch.zeros_like(x[..., 0])
    for (i, j), weight in _AREA.items():
        total = total + weight * (x[..., i] * y[..., j] - x[..., j] * y[..., i])
    return total / 20.0


def polygon_lengths(cubics: Tensor) -> Tensor:
    """Lengths of control polygons; curves are at most as long.

    Args:
        cubics: control points [..., 4, 2].

    Returns:
        [...].
    """
    lengths: Tensor = cubics.diff(dim=-2).norm(dim=-1).sum(dim=-1)
    return lengths
