"""Noise that sticks to a surface: which texels of a map of noise each pixel of a picture covers."""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

LOOKS = 4
"""Points along each side of a pixel at which the surface is looked at."""

TEXELS = 5
"""Sides of the map over the sides of the latents. A pixel in the middle of a ball of radius 1 at distance 2.5 under 50
degrees then covers four texels, each of them four of its points."""


class Cover(NamedTuple):
    """The texels that each of N pixels covers; no two pixels of a picture share one.

    Args:
        texels: pixel after pixel [K].
        starts: where each pixel's texels start [N].
        counts: how many they are [N].
    """

    texels: Tensor
    starts: Tensor
    counts: Tensor


def equal_area_square(directions: Tensor) -> Tensor:
    """Folds the sphere onto the unit square so that equal areas stay equal.

    Args:
        directions: of any length above 0 [..., 3].

    Returns:
        [..., 2] in 0..1.

    Source: Clarberg, Fast Equal-Area Mapping of the (Hemi)Sphere using SIMD, 2008.
    """
    directions = F.normalize(directions, dim=-1)
    x, y, z = directions.abs().unbind(dim=-1)
    radius = (1.0 - z).clamp_min(0.0).sqrt()
    angle = torch.atan2(torch.minimum(x, y), torch.maximum(x, y)) * (2.0 / math.pi)
    v = torch.where(x < y, 1.0 - angle, angle) * radius
    u = radius - v
    below = directions[..., 2] < 0
    u, v = torch.where(below, 1.0 - v, u), torch.where(below, 1.0 - u, v)
    folded = torch.stack([u, v], dim=-1)
    return 0.5 + 0.5 * torch.where(directions[..., :2] < 0, -folded, folded)


def cover(points: Tensor, there: Tensor, size: tuple[int, int], side: int) -> Cover:
    """Gives every texel that a picture shows to the pixel that shows most of it.

    Args:
        points: of the surface, in V pictures of ``LOOKS`` times the size of latents [V, H, W, 3].
        there: where there is a surface, bool [V, H, W].
        size: height and width h, w of the latents.
        side: texels along each side of the map.

    Returns:
        For N = V * h * w pixels, picture by picture, row by row.
    """
    views, (height, width) = len(points), size
    pixels, texels = height * width, side * side
    column, row = (equal_area_square(points) * side).long().clamp(0, side - 1).unbind(dim=-1)
    down = torch.arange(points.shape[1], device=points.device) // LOOKS
    right = torch.arange(points.shape[2], device=points.device) // LOOKS
    view = torch.arange(views, device=points.device)[:, None, None]
    key = (view * texels + row * side + column) * pixels + (down[:, None] * width + right)
    pairs, counts = torch.unique(key[there], return_counts=True)
    shown = pairs // pixels
    most = (shown * (LOOKS**2 + 1) + LOOKS**2 - counts).argsort(stable=True)  # by texel, then from the greatest count
    first = torch.ones_like(most, dtype=torch.bool)
    first[1:] = shown[most[1:]] != shown[most[:-1]]
    pairs, shown = pairs[most[first]], shown[most[first]]
    owner = shown // texels * pixels + pairs % pixels
    order = owner.argsort(stable=True)
    owned = torch.bincount(owner, minlength=views * pixels)
    return Cover((shown % texels)[order], owned.cumsum(0) - owned, owned)


def gather_noise(covered: Cover, noise: Tensor, rest: Tensor) -> Tensor:
    """The noise of pixels, of variance 1 where that of the map is: sums over texels by the root of their number.

    Args:
        covered: what each of N pixels covers.
        noise: of the map's T texels [T, D].
        rest: of pixels without texels [N, D].

    Returns:
        [N, D].

    Source: Yan et al., Consistent Flow Distillation, 2025; "How I Warped Your Noise" (Chang et al. 2024).
    """
    total = F.embedding_bag(covered.texels, noise, covered.starts, mode="sum")
    counts = covered.counts[:, None]
    return torch.where(counts > 0, total / counts.clamp_min(1).sqrt(), rest)
