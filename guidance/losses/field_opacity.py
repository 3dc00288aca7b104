"""Losses on how much of a field is seen."""

from __future__ import annotations

from typing import Annotated

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.frames import Frames, geometry_of
from limn.ranges import Positive
from limn.schedule import Schedule, constant, within
from limn.step import Step
from limn.volume import Volume

SOFT = 0.01
SURE = 1e-3

OPACITY = Schedule.model_validate({"from": 0.5, "to": 0.1, "end": 0.05, "shape": "exp"})
"""Dream Fields' 500 of 10,000 steps."""


def opacity(seen: Tensor) -> Tensor:
    """The mean of sqrt(o^2 + 0.01): a penalty on all that is there.

    Args:
        seen: opacity o of rays of S candidates, 0..1 [S, N].

    Returns:
        0.1..1.005 [S].

    Source: threestudio's sparsity, weights 1 (DreamFusion) to 10 (ProlificDreamer).
    """
    return (seen.square() + SOFT).sqrt().mean(dim=1)


def opaque(opacity: Tensor) -> Tensor:
    """The mean entropy -o log o - (1 - o) log(1 - o): rays hit or miss, nothing is a fog.

    Args:
        opacity: of rays of S candidates, 0..1 [S, N].

    Returns:
        0..0.693 [S].

    Source: threestudio, "opaque", whose opacities stay 0.001 away from 0 and 1 as here.
    """
    sure = opacity.clamp(SURE, 1.0 - SURE)
    return -(sure * sure.log() + (1.0 - sure) * (1.0 - sure).log()).mean(dim=1)


def transmittance(opacity: Tensor, allowed: float) -> Tensor:
    """-min(1 - a, mean transmittance): a scene is empty but for the share a.

    Args:
        opacity: of rays of S candidates, 0..1 [S, N].
        allowed: mean opacity a that costs nothing.

    Returns:
        [S], a - 1 at the least.

    Source: Jain et al., Dream Fields, 2022, weight 0.5, a from 0.5 to 0.1; there a also follows the focal length.
    """
    return -(1.0 - opacity).mean(dim=1).clamp_max(1.0 - allowed)


def emptiness(weights: Tensor, scale: float) -> Tensor:
    """log(1 + scale w) of each sample: many faint samples cost more than one that hides what is behind.

    Args:
        weights: of samples, 0..1 [M].
        scale: how early it saturates.

    Returns:
        [M].

    Source: Wang et al., Score Jacobian Chaining, 2022, scale 10.
    """
    return torch.log1p(scale * weights)


class Opacity(Loss):
    """`opacity`: keeps a field from filling its box."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return opacity(geometry_of(frames, Volume, "opacity").opacity)


class Opaque(Loss):
    """`opaque`: surfaces are solid, and the rest is empty."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return opaque(geometry_of(frames, Volume, "opaque").opacity)


class Transmittance(Loss):
    """`transmittance`: a field is no fuller than is allowed.

    Args:
        opacity: the mean opacity that costs nothing, a number or a schedule.
    """

    def __init__(self, opacity: Annotated[float | Schedule, within(0, 1)] = OPACITY) -> None:
        super().__init__()
        self.opacity = opacity if isinstance(opacity, Schedule) else constant(opacity)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        volume = geometry_of(frames, Volume, "transmittance")
        return transmittance(volume.opacity, self.opacity.at(step.progress))


class Emptiness(Loss):
    """`emptiness`: the mean over rays of its sum over their samples.

    The paper takes the mean over the samples; divide its weight, 1e4 to 2e5, by the samples of a ray.

    Args:
        scale: factor on the weights of samples.
    """

    def __init__(self, scale: Positive = 10.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        volume = geometry_of(frames, Volume, "emptiness")
        return volume.ray_means(volume.samples.sums(emptiness(volume.weights, self.scale)))
