"""Losses that keep a surface of distances on a grid, as FlexiCubes', in order."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.isosurface import Isosurface
from limn.ranges import NonNegative
from limn.step import Step


def sign_changes(distances: Tensor) -> Tensor:
    """How strongly neighbours on a grid disagree about what is inside: cross entropy with the other's side.

    Args:
        distances: of S candidates [S, Rz, Ry, Rx].

    Returns:
        The mean over the lines between neighbours on different sides [S]; 0 where there are none.

    Source: Munkberg et al. 2022, nvdiffrec, equation 2; Shen et al. 2023, FlexiCubes.
    """
    total, count = torch.zeros_like(distances[:, 0, 0, 0]), torch.zeros_like(distances[:, 0, 0, 0])
    for axis in (1, 2, 3):
        side = distances.shape[axis] - 1
        a, b = distances.narrow(axis, 0, side), distances.narrow(axis, 1, side)
        apart = ((a < 0) != (b < 0)).to(a)
        entropy = _entropy(a, b) + _entropy(b, a)
        total = total + (entropy * apart).sum(dim=(1, 2, 3))
        count = count + apart.sum(dim=(1, 2, 3))
    return total / count.clamp_min(1.0)


def _entropy(value: Tensor, other: Tensor) -> Tensor:
    return F.binary_cross_entropy_with_logits(value, (other > 0).to(value), reduction="none")


class SignChanges(Loss):
    """`sign_changes`: fewer pieces and hollows that no picture shows; FlexiCubes' weight falls from 0.2 to 0.01."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return sign_changes(geometry_of(frames, Isosurface, "sign_changes").distances)


class Deviation(Loss):
    """Vertices lie evenly between the crossings around them, and weights stay near neutral.

    Source: Shen et al. 2023, FlexiCubes, equation 8, weight 0.5.

    Args:
        weights: share of the mean size of the weights.
    """

    def __init__(self, weights: NonNegative = 0.2) -> None:
        super().__init__()
        self.weights = weights

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        surface = geometry_of(frames, Isosurface, "deviation")
        return surface.deviation + self.weights * surface.weights[..., :20].abs().mean(dim=(1, 2, 3, 4))
