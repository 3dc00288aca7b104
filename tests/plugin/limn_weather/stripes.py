"""A renderer: upright stripes of free colour."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.utils import save_image

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.step import Step
from renderers import Frames, ParameterGroup, Renderer
from renderers.registry import Canvas


class Stripes(Renderer):
    """Upright stripes.

    Args:
        colours: of the stripes from left to right, in 0..1 [S, 3, N].
        size: height and width of the picture in pixels.
    """

    def __init__(self, colours: Tensor, size: tuple[int, int]) -> None:
        super().__init__()
        self.size = size
        self.colours = nn.Parameter(colours.clone())

    @property
    def candidates(self) -> int:
        return len(self.colours)

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        rgb = F.interpolate(self.colours[:, :, None], size or self.size, mode="nearest")[:, None]
        return Frames(rgb, torch.ones_like(rgb[:, :, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        return [ParameterGroup("colour", [self.colours], learning_rate=0.03)]

    def constrain(self) -> None:
        self.colours.data.clamp_(0, 1)

    def artefacts(self, folder: Path, candidate: int = 0) -> list[Artefact]:
        folder.mkdir(parents=True, exist_ok=True)
        save_image(self.render().rgb[candidate, 0], folder / "stripes.png")
        return [Artefact(folder / "stripes.png", "picture", "the stripes")]


def stripes(canvas: Canvas, count: int = 8) -> Stripes:
    """Upright stripes of free colour.

    Args:
        canvas: size, candidates and random draws.
        count: number of stripes.
    """
    return Stripes(torch.rand(canvas.candidates, 3, count, generator=canvas.generator), canvas.size)
