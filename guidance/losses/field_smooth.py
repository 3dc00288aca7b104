"""Losses that keep fields smooth in space."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.loss import Loss
from guidance.losses.field_points import Points, seen_points
from guidance.losses.pixels import Distance
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.ranges import Positive
from limn.step import Step
from limn.volume import Volume


def grid_variation(table: Tensor, distance: Distance = "l2") -> Tensor:
    """The mean distance of neighbours on a grid, added up over its axes.

    Args:
        table: of S candidates [S, ..., C].
        distance: ``l2`` (x - y)^2 or ``l1`` |x - y|.

    Returns:
        [S].

    Source: Chen et al., TensoRF, 2022 (l2); Rudin, Osher and Fatemi 1992 (l1).
    """
    steps = [table.diff(dim=axis) for axis in range(1, table.dim() - 1)]
    steps = [step.square() if distance == "l2" else step.abs() for step in steps]
    return torch.stack([step.flatten(1).mean(dim=1) for step in steps]).sum(dim=0)


class NormalSmoothnessInSpace(Loss):
    """`normal_smoothness_3d`: the normals of points that are seen are those of points beside them.

    Source: stable-dreamfusion, "3d normal smooth", weight 10 to 20 with pictures as guidance; threestudio.

    Args:
        reach: standard deviation of the shift along each axis, in a box of side 2.
        points: how many a step looks at, in each candidate.
    """

    def __init__(self, reach: Positive = 0.01, points: Points = 1024) -> None:
        super().__init__()
        self.reach, self.points = reach, points

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene is no field, or one that tells nothing of other points.
        """
        volume = geometry_of(frames, Volume, "normal_smoothness_3d")
        if volume.query is None:
            raise InputError("normal_smoothness_3d: this field cannot be asked for other points")
        generator = step.generator("normal_smoothness_3d")
        points, owner = seen_points(volume, self.points, generator)
        shift = torch.randn(self.points, 3, generator=generator).to(points).repeat(volume.candidates, 1)
        here, beside = (volume.query(x, owner)[1] for x in (points, points + self.reach * shift))
        bend = (F.normalize(here, dim=1) - F.normalize(beside, dim=1)).abs().mean(dim=1)
        return bend.view(volume.candidates, -1).mean(dim=1)


class GridVariation(Loss):
    """`grid_variation` of all that a field keeps on grids.

    Args:
        distance: ``l2`` or ``l1``.
    """

    def __init__(self, distance: Distance = "l2") -> None:
        super().__init__()
        self.distance: Distance = distance

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene is no field, or one without grids.
        """
        volume = geometry_of(frames, Volume, "grid_variation")
        if not volume.tables:
            raise InputError("grid_variation: this field keeps nothing on grids")
        return torch.stack([grid_variation(table, self.distance) for table in volume.tables]).sum(dim=0)
