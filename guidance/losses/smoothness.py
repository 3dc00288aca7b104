"""Losses that keep surfaces smooth, on pictures of their normals and depth."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.loss import Loss
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import NonNegative
from limn.step import Step

ACROSS, DOWN = -1, -2


def neighbour_mean(differences: Tensor, alpha: Tensor, axis: int) -> Tensor:
    """The mean of differences of neighbouring pixels, each pair as far as both are covered.

    Args:
        differences: of neighbours along the axis, each at least 0 [S, V, C, H, W - 1] or [S, V, C, H - 1, W].
        alpha: coverage, 0..1 [S, V, 1, H, W].
        axis: `ACROSS` or `DOWN`.

    Returns:
        The sum over channels, as a mean over pairs [S].
    """
    size = alpha.shape[axis] - 1
    both = torch.minimum(alpha.narrow(axis, 0, size), alpha.narrow(axis, 1, size)).detach()
    return (differences * both).flatten(1).sum(dim=1) / both.flatten(1).sum(dim=1).clamp_min(1.0)


def normal_smoothness(normal: Tensor, alpha: Tensor) -> Tensor:
    """Squared difference of the normals of neighbouring pixels, across plus down.

    Args:
        normal: of S candidates in V views [S, V, 3, H, W].
        alpha: coverage, 0..1 [S, V, 1, H, W].

    Returns:
        [S]; only pairs where the object is count, so that outlines cost nothing.

    Source: threestudio's "normal_smooth"; Consistent Flow Distillation (Yan et al. 2025) has weights from 1,000 down
    to 100.
    """
    across, down = (neighbour_mean(normal.diff(dim=axis).square(), alpha, axis) for axis in (ACROSS, DOWN))
    return across + down


def depth_smoothness(depth: Tensor, rgb: Tensor, alpha: Tensor, edges: float) -> Tensor:
    """Absolute difference of the depths of neighbouring pixels, less where colours change: |dz| exp(-k |dI|).

    Args:
        depth: of S candidates in V views [S, V, 1, H, W].
        rgb: 0..1 [S, V, 3, H, W]; gets no gradient.
        alpha: coverage, 0..1 [S, V, 1, H, W]; pairs count as far as both pixels are covered.
        edges: k, how much an edge of colours allows; 0 for all alike.

    Returns:
        [S].

    Source: Godard et al., Monodepth, 2017, weight 0.1, k = 1 of colours in 0..1.
    """
    found = []
    for axis in (ACROSS, DOWN):
        colour = rgb.detach().diff(dim=axis).abs().mean(dim=2, keepdim=True)
        found.append(neighbour_mean(depth.diff(dim=axis).abs() * (-edges * colour).exp(), alpha, axis))
    return found[0] + found[1]


class NormalSmoothness(Loss):
    """`normal_smoothness` of pictures of the normals; strong at the start of a run, it keeps lumps from growing."""

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no normals.
        """
        if frames.normal is None:
            raise InputError("normal_smoothness: this scene has no normals")
        return normal_smoothness(frames.normal, frames.alpha)


class DepthSmoothness(Loss):
    """`depth_smoothness`: surfaces are flat where their colour does not change.

    Args:
        edges: how much an edge of colours allows; 0 for all alike.
    """

    def __init__(self, edges: NonNegative = 1.0) -> None:
        super().__init__()
        self.edges = edges

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S].

        Raises:
            InputError: the scene has no depth.
        """
        if frames.depth is None:
            raise InputError("depth_smoothness: this scene has no depth")
        return depth_smoothness(frames.depth, frames.rgb, frames.alpha, self.edges)
