"""Tidiness of paths: their cubics neither cross themselves nor meet in corners."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.curves import Curves
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step


def xing(points: Tensor, cubics: Tensor) -> Tensor:
    """How much the first and last leg of control polygons turn against each other.

    With legs a, b, c of a polygon: relu(-sin(a, c)) where sin(a, b) >= 0, else relu(sin(a, c)), the mean over cubics.

    Args:
        points: of S candidates [S, N, 2].
        cubics: control points of every cubic [C, 4].

    Returns:
        0..1 [S].

    Source: Ma et al., LIVE: Towards Layer-wise Image Vectorization, 2022, the xing loss.
    """
    first, second, third = _directions(points, cubics).unbind(dim=2)
    side = torch.where(_cross(first, second) >= 0, 1.0, -1.0)
    return (-side * _cross(first, third)).relu().mean(dim=1)


def corners(points: Tensor, cubics: Tensor) -> Tensor:
    """How sharply paths turn where two cubics meet: the mean over joints of 1 - cos of the turn.

    Args:
        points: of S candidates [S, N, 2].
        cubics: control points of every cubic [C, 4].

    Returns:
        0 (smooth) to 2 (turning back) [S].
    """
    legs = _directions(points, cubics)
    follower = torch.full((points.shape[1],), -1, dtype=torch.int64, device=points.device)
    follower[cubics[:, 0]] = torch.arange(len(cubics), device=points.device)
    after = follower[cubics[:, 3]]
    joined = after >= 0
    cosine = (legs[:, joined, 2] * gather_rows(legs[:, :, 0], after[joined])).sum(dim=-1)
    return (1.0 - cosine).sum(dim=1) / joined.sum().clamp_min(1)


def _directions(points: Tensor, cubics: Tensor) -> Tensor:
    """Unit vectors along the three legs of control polygons [S, C, 3, 2]; 0 where a leg has no length."""
    legs = gather_rows(points, cubics).diff(dim=2)
    return legs / (legs.square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()


def _cross(one: Tensor, other: Tensor) -> Tensor:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


class Xing(Loss):
    """`xing` of what is drawn with paths; keeps shapes simple."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        curves = geometry_of(frames, Curves, "xing")
        return xing(curves.points, curves.cubics.long())


class SmoothCorners(Loss):
    """`corners` of what is drawn with paths; keeps outlines smooth."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        curves = geometry_of(frames, Curves, "corners")
        return corners(curves.points, curves.cubics.long())
