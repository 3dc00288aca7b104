"""PixelImage: pictures whose pixels are optimised."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.files import make_folder, write_file
from limn.frames import Frames
from limn.png import png
from limn.step import Step
from renderers.base import ParameterGroup, Renderer
from renderers.registry import Canvas


class PixelImage(Renderer):
    """S pictures; every pixel value is a parameter.

    Fourier components in decorrelated colours were tried instead: under a prior that sees 32 pixels they drown in fine
    noise.

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

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Shows every candidate.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; the grid's own when None.
            step: not used.

        Returns:
            Frames with one view.
        """
        rgb = self.colours.clamp(0.0, 1.0)  # a copy, so that frames stay as they are when a step changes the colours
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

    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``picture.png``."""
        folder = Path(folder)
        return [
            Artefact(
                write_file(make_folder(folder) / "picture.png", png(self.colours[candidate])), "picture", "Picture"
            )
        ]


def pixels(canvas: Canvas, contrast: Annotated[float, Field(ge=0, le=1)] = 0.1) -> PixelImage:
    """A picture of free pixels. It starts from the picture of the canvas, or from soft spots around grey.

    Args:
        canvas: what to draw on.
        contrast: of the spots, 0 for plain grey, 1 for all colours.
    """
    if canvas.picture is not None:
        return PixelImage(canvas.picture.expand(canvas.candidates, -1, -1, -1), 0.01)  # half the rate: it is near
    coarse = torch.rand(canvas.candidates, 3, 8, 8, generator=canvas.generator)
    fine = F.interpolate(coarse, size=canvas.size, mode="bicubic", align_corners=False).clamp(0.0, 1.0)
    return PixelImage(0.5 + contrast * (fine - 0.5))
