"""LIVE's distance-weighted error: pixels count more the nearer they are to an outline."""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from guidance.filters import fitted
from guidance.loss import Loss
from limn.curves import Curves
from limn.frames import Frames, geometry_of
from limn.step import Step

LINES = 12
"""That stand for each cubic."""


def nearness(points: Tensor, cubics: Tensor, size: tuple[int, int], reach: float) -> Tensor:
    """1 on the outlines of each candidate, 0 from some distance on, linear between.

    Args:
        points: control points in pixels [S, N, 2].
        cubics: of every cubic [C, 4].
        size: height and width of the canvas.
        reach: that distance in pixels.

    Returns:
        [S, 1, 1, H, W].
    """
    t = torch.linspace(0, 1, LINES + 1, dtype=points.dtype)
    weights = torch.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], dim=1)
    curves = torch.einsum("tk,sckd->sctd", weights, points.detach().cpu()[:, cubics.cpu().long()])
    maps = []
    for candidate in curves:
        canvas = np.full(size, 255, dtype=np.uint8)
        places = (
            (16 * (candidate.nan_to_num().clamp(-1e4, 1e4) - 0.5)).round().int().contiguous().numpy()
        )  # 4 bits below 1
        cv2.polylines(canvas, list(places), isClosed=False, color=0, shift=4)
        maps.append(1 - np.minimum(cv2.distanceTransform(canvas, cv2.DIST_L2, 5), reach) / reach)
    return torch.from_numpy(np.stack(maps)).to(points)[:, None, None]


def near_paths(rgb: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Squared error summed over the channels, weighted, the mean over all pixels.

    Args:
        rgb: S candidates [S, 1, 3, H, W] in 0..1.
        target: [1 or S, 1, 3, H, W] in 0..1.
        weights: [S, 1, 1, H, W].

    Returns:
        [S].

    Source: Ma et al., LIVE, 2022, section 3.2 (the UDF loss).
    """
    return ((rgb - target).square().sum(dim=2, keepdim=True) * weights).flatten(1).mean(dim=1)


class NearPaths(Loss):
    """`near_paths` of the target: outlines are led by what lies beside them, not by what their inside lacks.

    Args:
        target: the picture [1, 3, H, W] in 0..1.
        reach: how far from an outline pixels count, in pixels.
    """

    def __init__(self, target: Tensor, reach: Annotated[float, Field(ge=1, le=1000)] = 10.0) -> None:
        super().__init__()
        self.target, self.reach = target, reach

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        curves = geometry_of(frames, Curves, "near_paths")
        size = (frames.rgb.shape[-2], frames.rgb.shape[-1])
        weights = nearness(curves.points, curves.cubics, size, self.reach)
        return near_paths(frames.rgb, fitted(self.target, *size)[:, None], weights)
