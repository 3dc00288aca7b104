"""Crossing: keeps the control polygons of curves from crossing themselves."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import LOSSES, Loss, Step
from renderers.errors import InputError
from renderers.frames import Frames


def crossing(points: Tensor, cubics: Tensor) -> Tensor:
    """How much the first and last leg of control polygons turn against each other.

    With legs a, b, c of a polygon: relu(-sin(a, c)) where sin(a, b) >= 0, else relu(sin(a, c)), the mean over cubics.

    Args:
        points: of S candidates [S, N, 2].
        cubics: control points of every cubic [C, 4].

    Returns:
        0..1 [S].

    Source: Ma et al., LIVE: Towards Layer-wise Image Vectorization, 2022, the xing loss.
    """
    legs = points[:, cubics].diff(dim=2)
    first, second, third = (legs / (legs.square().sum(dim=-1, keepdim=True) + 1e-12).sqrt()).unbind(dim=2)
    side = torch.where(_cross(first, second) >= 0, 1.0, -1.0)
    return (-side * _cross(first, third)).relu().mean(dim=1)


def _cross(one: Tensor, other: Tensor) -> Tensor:
    return one[..., 0] * other[..., 1] - one[..., 1] * other[..., 0]


@LOSSES.register("crossing")
class Crossing(Loss):
    """`crossing` of what is drawn with paths; keeps shapes simple."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the recipe draws nothing with paths.
        """
        if frames.curves is None:
            raise InputError("crossing: what is drawn has no paths")
        return crossing(frames.curves.points, frames.curves.cubics)
