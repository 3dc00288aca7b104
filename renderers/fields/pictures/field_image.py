"""FieldImage: pictures that are functions of position, drawn at any size."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn
from torch.func import functional_call

from limn.artefact import Artefact
from limn.cameras import Cameras
from limn.files import make_folder, write_file
from limn.frames import Frames
from limn.png import png
from limn.step import Step
from renderers.base import ParameterGroup, Renderer
from renderers.registry import Canvas

Frequency = Annotated[float, Field(ge=0.1, le=4096)]
"""From coarse to fine: cycles of a wave across the longer side of the picture."""


class PictureField(nn.Module, ABC):
    """S functions of position in a picture. Every parameter has S as its leading dimension.

    The longer side of the picture is -1..1, the shorter one is in proportion; y points down.
    """

    @abstractmethod
    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """The functions at all points of a grid.

        Args:
            y: of its rows [H].
            x: of its columns [W].

        Returns:
            [S, 3, H, W], without bounds, about 0 at the start.
        """

    @abstractmethod
    @abstractmethod
    def vanish(self) -> None:
        """Makes the functions 0 everywhere, in place, so that they can still learn."""

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters by name, each group with its own learning rate."""


class FieldImage(Renderer):
    """S pictures as functions of position: a start plus what the functions change.

    A value v of a function changes a colour by v / 2: around grey, -1..1 is the whole range, for which networks are
    published. Functions that are 0 show the start exactly.

    Args:
        field: the functions.
        canvas: the pictures' size, and the picture to start from; 0.5 grey without one.
        export_size: longer side of the picture that `artefacts` writes, in pixels.
    """

    start: Tensor

    def __init__(self, field: PictureField, canvas: Canvas, export_size: int = 512) -> None:
        super().__init__()
        self.field, self.size, self.export_size = field, canvas.size, export_size
        start = torch.full((3, 1, 1), 0.5)
        if canvas.picture is not None:
            start = canvas.picture
            field.vanish()
        self.register_buffer("start", start[None].clone(), persistent=False)

    @property
    def candidates(self) -> int:
        """S, the number of pictures."""
        return len(next(self.field.parameters()))

    def render(
        self, cameras: Cameras | None = None, size: tuple[int, int] | None = None, step: Step | None = None
    ) -> Frames:
        """Shows every candidate: the functions at the centres of pixels.

        A picture smaller than the canvas is the mean of several such points in each pixel, at least as many as the
        canvas has there.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; the canvas's when None.
            step: not used.

        Returns:
            Frames with one view.
        """
        rgb = self._shown(dict(self.field.named_parameters()), size or self.size)
        return Frames(rgb[:, None], torch.ones_like(rgb[:, None, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        """Those of the functions."""
        return self.field.parameter_groups()

    def constrain(self) -> None:
        """Does nothing: every value is a picture."""

    @torch.no_grad()
    def artefacts(self, folder: str | Path, candidate: int = 0) -> list[Artefact]:
        """Writes ``picture.png``, its longer side ``export_size`` pixels."""
        one = {name: values[candidate : candidate + 1] for name, values in self.field.named_parameters()}
        height, width = (max(1, round(side * self.export_size / max(self.size))) for side in self.size)
        content = png(self._shown(one, (height, width))[0])
        return [Artefact(write_file(make_folder(Path(folder)) / "picture.png", content), "picture", "Picture")]

    def _shown(self, parameters: dict[str, Tensor], size: tuple[int, int]) -> Tensor:
        """The pictures [S, 3, H, W] of a field with these parameters."""
        like = self.start.to(next(iter(parameters.values())))
        per_pixel = [-(-own // side) for own, side in zip(self.size, size, strict=True)]
        y, x = (
            (torch.arange(side * fold, device=like.device, dtype=like.dtype) * 2 + 1) / (side * fold) - 1
            for side, fold in zip(size, per_pixel, strict=True)
        )
        y, x = y * (self.size[0] / max(self.size)), x * (self.size[1] / max(self.size))
        change: Tensor = functional_call(self.field, parameters, (y, x))
        shown = (_resized(like, (len(y), len(x))) + change / 2).clamp(0, 1)
        return F.avg_pool2d(shown, per_pixel)


def _resized(picture: Tensor, size: tuple[int, int]) -> Tensor:
    if picture.shape[-2:] in (size, (1, 1)):
        return picture
    return F.interpolate(picture, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
