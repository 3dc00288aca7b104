"""Pixels: pictures whose values on a grid are what is optimised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from limn.frames import Frames
from limn.png import png
from renderers.base import ParameterGroup, Renderer


class Pixels(Renderer):
    """A population of pictures, each value for itself.

    Waves in decorrelated colours instead were tried: under a prior that sees 32 pixels they drown in fine noise.

    Args:
        pictures: where to start [S, 3, H, W] in 0..1.
        learning_rate: Adam's step size, in 0..1.
    """

    def __init__(self, pictures: Tensor, learning_rate: float = 0.02) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.colours = nn.Parameter(pictures.clone())

    @property
    def candidates(self) -> int:
        """S, the number of pictures."""
        return len(self.colours)

    def render(self, cameras: Any = None, size: tuple[int, int] | None = None) -> Frames:
        """Shows every candidate.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; the grid's own when None.

        Returns:
            Frames with one view.
        """
        rgb = self.colours.clamp(0.0, 1.0)  # a copy: what a step saw stays as it was
        if size is not None and size != rgb.shape[-2:]:
            rgb = F.interpolate(rgb, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0.0, 1.0)
        return Frames(rgb[:, None], torch.ones_like(rgb[:, None, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``colour``."""
        return [ParameterGroup("colour", [self.colours], self.learning_rate)]

    @torch.no_grad()
    def constrain(self) -> None:
        """Clamps values to 0..1."""
        self.colours.clamp_(0.0, 1.0)

    @torch.no_grad()
    def export(self, folder: Path, candidate: int = 0) -> list[Path]:
        """Writes ``picture.png``.

        Args:
            folder: made if missing.
            candidate: which picture.

        Returns:
            The path.
        """
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "picture.png"
        path.write_bytes(png(self.colours[candidate]))
        return [path]
