"""A loss that stops a run once, as a user would."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from guidance import Loss, Step
from limn.frames import Frames


class Once(Loss):
    """Zero.

    Args:
        at: the step that is stopped.
        marker: a file that is written then; where it is, nothing is stopped.
    """

    def __init__(self, at: int, marker: str) -> None:
        super().__init__()
        self.at, self.marker = at, Path(marker)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        if step.training and step.index == self.at and not self.marker.exists():
            self.marker.touch()
            raise KeyboardInterrupt
        return frames.rgb.flatten(1).sum(dim=1) * 0.0
