"""Losses between pictures and what the same views should show, pixel by pixel."""

from __future__ import annotations

from torch import Tensor

from guidance.loss import Loss
from guidance.losses.pixels import Distance, pixels
from guidance.reference import Reference
from limn.frames import Frames
from limn.step import Step


class ReferencePixels(Loss):
    """`pixels` of each view's own picture: a photograph from there, or the scene as it was at the start.

    Args:
        reference: what the views should show.
        distance: ``l2`` or ``l1``.
    """

    def __init__(self, reference: Reference, distance: Distance = "l2") -> None:
        super().__init__()
        self.reference, self.distance = reference, distance

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return pixels(frames.rgb, self.reference(frames, step).rgb, self.distance)
