"""Metrics: how far embeddings are apart, in the geometries that CLIP and its kin are trained in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

Metric = Literal["cosine", "spherical", "euclidean", "hyperbolic"]


def cosine_distance(x: Tensor, y: Tensor) -> Tensor:
    """1 - cos(x, y).

    Args:
        x: [..., D], of any length.
        y: the same, or what broadcasts with it.

    Returns:
        [...], 0..2.
    """
    return 1.0 - (F.normalize(x, dim=-1) * F.normalize(y, dim=-1)).sum(dim=-1)


def spherical_distance(x: Tensor, y: Tensor) -> Tensor:
    """2 asin(|x - y| / 2)^2 of the normalised vectors: half the square of the angle between them.

    Args:
        x: [..., D], of any length.
        y: the same, or what broadcasts with it.

    Returns:
        [...], 0..pi^2 / 2.

    Source: VQGAN-CLIP.
    """
    return half_square_angle(1.0 - cosine_distance(x, y))


def half_square_angle(cosine: Tensor) -> Tensor:
    """Half the square of the angle, in radians, whose cosine is given [...]; its slope has an end at 1 and at -1."""
    # |x - y| / 2 is the square root of (1 - cos) / 2, whose slope at 0 has no end
    half = ((1.0 - cosine).clamp_min(1e-7) / 2.0).sqrt().clamp_max(1.0 - 1e-6)
    return 2.0 * half.asin().square()


def euclidean_distance(x: Tensor, y: Tensor) -> Tensor:
    """|x - y|^2 of the vectors as they are; their lengths count.

    Args:
        x: [..., D].
        y: the same, or what broadcasts with it.

    Source: EuCLIP (Chou and Alam 2024); faithful with encoders that were trained so, which normalise nothing.
    """
    return (x - y).square().sum(dim=-1)


def hyperbolic_distance(x: Tensor, y: Tensor, curvature: float = 1.0) -> Tensor:
    """The length of the geodesic between embeddings that are lifted from the tangent space onto a hyperboloid.

    Args:
        x: [..., D]; what is longer is more specific.
        y: the same, or what broadcasts with it.
        curvature: c > 0; the space has the curvature -c.

    Returns:
        [...], in units of the space: acosh(-c <x, y>) / sqrt(c), with Lorentz' inner product.

    Source: MERU (Desai et al. 2023), equations 1 to 6; faithful with encoders that were trained so.
    """
    x_space, x_time = _lifted(x, curvature)
    y_space, y_time = _lifted(y, curvature)
    inner = curvature * (x_time * y_time - (x_space * y_space).sum(dim=-1))
    length: Tensor = torch.acosh(inner.clamp_min(1.0 + 1e-7)) / curvature**0.5
    return length


def _lifted(v: Tensor, curvature: float) -> tuple[Tensor, Tensor]:
    """Exponential map at the origin: the parts of space [..., D] and of time [...]."""
    length = (curvature**0.5) * (v.square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()
    space = v * torch.sinh(length.clamp_max(30.0)) / length
    return space, (1.0 / curvature + space.square().sum(dim=-1)).sqrt()


METRICS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cosine": cosine_distance,
    "spherical": spherical_distance,
    "euclidean": euclidean_distance,
    "hyperbolic": hyperbolic_distance,
}
"""Name -> distance."""
