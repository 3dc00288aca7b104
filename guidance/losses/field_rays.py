"""Losses on what lies along the rays of a field."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.errors import InputError
from limn.frames import Frames, geometry_of
from limn.step import Step
from limn.volume import Samples, Volume

HIT = 0.5
"""Opacity of rays whose depth counts."""


def distortion(weights: Tensor, samples: Samples) -> Tensor:
    """How far what a ray sees is spread along it: sum of w_i w_j |d_i - d_j| + sum of w_i^2 l_i / 3.

    Pairs are not formed: with W and D the sums of w and w d over the samples before i, the first sum is twice that of
    w_i (d_i W - D).

    Args:
        weights: of samples [M].
        samples: where they are.

    Returns:
        Of each ray [R]; distances as they are in the world, in a box of side 2.

    Source: Barron et al., Mip-NeRF 360, 2022, weight 0.01 of distances that are 1 at the far end.
    """
    starts, ray = samples.starts.long(), samples.ray.long()
    weights, distances = weights.double(), samples.distances.double()  # sums run over all rays, differences matter

    def before(values: Tensor) -> Tensor:
        total = torch.cat([values.new_zeros(1), values.cumsum(dim=0)])
        return total[:-1] - total[starts[:-1]][ray]

    apart = 2.0 * weights * (distances * before(weights) - before(weights * distances))
    return samples.sums(apart + weights.square() * samples.lengths / 3.0).to(samples.distances)


def z_variance(weights: Tensor, samples: Samples) -> Tensor:
    """The variance of the distances that a ray sees, by weight.

    Args:
        weights: of samples [M].
        samples: where they are.

    Returns:
        Of each ray [R]; 0 where it sees nothing.

    Source: Zhu et al., HiFA, 2023, weight 3; threestudio has 100 for HiFA and 1 for SDI.
    """
    shares = weights / samples.sums(weights).clamp_min(1e-6)[samples.ray.long()]
    mean = samples.sums(shares * samples.distances)
    return samples.sums(shares * (samples.distances - mean[samples.ray.long()]).square())


def orientation(weights: Tensor, normals: Tensor, directions: Tensor) -> Tensor:
    """w max(n . d, 0)^2 of each sample: what is seen faces the eye.

    Args:
        weights: of samples [M].
        normals: unit [M, 3].
        directions: of their rays, away from the eye, unit [M, 3].

    Returns:
        [M].

    Source: Verbin et al., Ref-NeRF, 2022; DreamFusion, weight 0.01; threestudio's goes from 10 to 1,000.
    """
    return weights * (normals * directions).sum(dim=1).clamp_min(0.0).square()


class Distortion(Loss):
    """`distortion`: the mean over rays; removes fog and floaters."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        volume = geometry_of(frames, Volume, "distortion")
        each = map(volume.candidate, range(volume.candidates))  # else what is not a number would spread by the sums
        return torch.stack([distortion(one.weights, one.samples).mean() for one in each])


class DepthVariance(Loss):
    """`z_variance`: the mean over rays whose opacity is above a half; makes surfaces crisp."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        volume = geometry_of(frames, Volume, "z_variance")
        hit = (volume.opacity > HIT).to(volume.weights)
        variance = z_variance(volume.weights, volume.samples).view_as(hit)
        return (variance * hit).sum(dim=1) / hit.sum(dim=1).clamp_min(1.0)


class Orientation(Loss):
    """`orientation`: the sum over samples by the number of rays that hit anything; surfaces face outwards.

    Args:
        detach: whether weights are taken as they are, so that the loss turns normals and removes nothing.
    """

    def __init__(self, detach: bool = True) -> None:
        super().__init__()
        self.detach = detach

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene is no field, or one without normals.
        """
        volume = geometry_of(frames, Volume, "orientation")
        if volume.normals is None:
            raise InputError("orientation: this field has no normals at its samples")
        weights = volume.weights.detach() if self.detach else volume.weights
        costs = volume.samples.sums(orientation(weights, volume.normals, volume.directions))
        hits = (volume.opacity > 0).sum(dim=1).clamp_min(1)
        return costs.view_as(volume.opacity).sum(dim=1) / hits
