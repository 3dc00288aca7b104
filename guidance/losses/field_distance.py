"""Losses on fields of signed distances."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor

from guidance.loss import Loss
from guidance.losses.field_points import Points, box_points, seen_points
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.ranges import Positive
from limn.step import Step
from limn.volume import Query, Volume

Count = Annotated[int, Field(ge=0, le=1_000_000)]


def eikonal(gradients: Tensor) -> Tensor:
    """(|g| - 1)^2 of each point: a distance changes by one a unit.

    Args:
        gradients: in space [N, 3].

    Returns:
        [N].

    Source: Gropp et al., Implicit Geometric Regularization, 2020, weight 0.1.
    """
    return ((gradients.square().sum(dim=1) + 1e-12).sqrt() - 1.0).square()


def curvature(query: Query, points: Tensor, owner: Tensor, spacing: float) -> Tensor:
    """The discrete Laplacian |sum over axes of f(x + h) + f(x - h) - 2 f(x)| / h^2; of a distance, twice the curvature.

    Args:
        query: the field.
        points: [N, 3].
        owner: the candidate of each, int32 [N].
        spacing: h.

    Returns:
        [N].

    Source: Li et al., Neuralangelo, 2023, weight 5e-4.
    """
    offsets = spacing * torch.cat([torch.zeros(1, 3), torch.eye(3), -torch.eye(3)]).to(points)
    around = (points[:, None] + offsets).flatten(0, 1)
    values = query(around, owner.repeat_interleave(len(offsets)))[0].view(-1, len(offsets))
    return (values[:, 1:].sum(dim=1) - 6.0 * values[:, 0]).abs() / spacing**2


class Eikonal(Loss):
    """`eikonal`: half of it is the mean over samples, the other half that over points anywhere in the box (VolSDF).

    Args:
        points: how many of the latter a step looks at, in each candidate; 0 for the samples alone.
    """

    def __init__(self, points: Count = 1024) -> None:
        super().__init__()
        self.points = points

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene is no field of signed distances.
        """
        volume = geometry_of(frames, Volume, "eikonal")
        if volume.gradients is None or volume.query is None:
            raise InputError("eikonal: this field has no gradients of signed distances at its samples")
        seen = volume.means(eikonal(volume.gradients))
        if self.points == 0:
            return seen
        _, gradients = volume.query(*box_points(volume, self.points, step.generator("eikonal")))
        return (seen + eikonal(gradients).view(volume.candidates, -1).mean(dim=1)) / 2.0


class Curvature(Loss):
    """`curvature`: the mean over samples that are seen.

    Args:
        points: how many a step looks at, in each candidate.
        spacing: h, in a box of side 2.
    """

    def __init__(self, points: Points = 1024, spacing: Positive = 0.02) -> None:
        super().__init__()
        self.points, self.spacing = points, spacing

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene is no field, or one that tells nothing of other points.
        """
        volume = geometry_of(frames, Volume, "curvature")
        if volume.query is None:
            raise InputError("curvature: this field cannot be asked for other points")
        points, owner = seen_points(volume, self.points, step.generator("curvature"))
        found = curvature(volume.query, points, owner, self.spacing)
        return found.view(volume.candidates, -1).mean(dim=1)
