"""Angle preservation: shapes bend, but their triangles keep their angles."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.curves import Curves
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.gather import gather_rows
from limn.step import Step


def corner_angles(points: Tensor, triangles: Tensor) -> Tensor:
    """The inner angles of triangles.

    Args:
        points: [..., N, 2].
        triangles: corners [T, 3].

    Returns:
        Radians in 0..pi [..., T, 3].
    """
    corners = gather_rows(points, triangles)
    one, other = corners.roll(-1, dims=-2) - corners, corners.roll(1, dims=-2) - corners
    cross = one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]
    return torch.atan2(cross.abs(), (one * other).sum(dim=-1))


def conformal(points: Tensor, rest: Tensor, triangles: Tensor) -> Tensor:
    """How far the angles of triangles are from those at rest: the mean of squared differences.

    Args:
        points: of S candidates [S, N, 2].
        rest: [N, 2].
        triangles: corners [T, 3].

    Returns:
        Square radians [S].

    Source: Iluz et al., Word-As-Image for Semantic Typography, 2023, the as-conformal-as-possible loss.
    """
    change = corner_angles(points, triangles) - corner_angles(rest, triangles)
    return change.square().flatten(1).mean(dim=1)


class Conformal(Loss):
    """`conformal` of paths that know their shape at rest, such as letters."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no paths, or they have no shape at rest.
        """
        curves = geometry_of(frames, Curves, "conformal")
        if curves.rest is None or curves.triangles is None:
            raise InputError("conformal needs paths that know their shape at rest, as letters do; these do not")
        return conformal(curves.points, curves.rest, curves.triangles)
