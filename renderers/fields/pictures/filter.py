"""A picture changed by a small convolutional network: what happens at a place depends on what is there."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Side
from renderers.base import ParameterGroup
from renderers.fields.pictures.field_image import FieldImage, PictureField
from renderers.registry import Canvas

DILATIONS = (1, 2, 4, 1)
"""Of the layers: they see 17 pixels around."""


class Filter(PictureField):
    """S networks of the same picture: four convolutions, instance norms between them.

    Args:
        picture: what they look at [3, H, W] in 0..1.
        candidates: S.
        channels: of the inner layers.
        generator: of the start.
        learning_rate: of all parameters.
    """

    picture: Tensor

    def __init__(
        self, picture: Tensor, candidates: int, channels: int, generator: torch.Generator, learning_rate: float
    ) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.register_buffer("picture", 2 * picture[None] - 1, persistent=False)
        sizes = [3, *[channels] * (len(DILATIONS) - 1), 3]
        self.kernels = nn.ParameterList(
            torch.randn(candidates, out, inner, 3, 3, generator=generator) * (2 / (9 * inner)) ** 0.5
            for inner, out in pairwise(sizes)
        )
        self.biases = nn.ParameterList(torch.zeros(candidates, out) for out in sizes[1:])

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """What the networks make of the picture, see `PictureField`."""
        count = len(self.kernels[0])
        values = self.picture.repeat(1, count, 1, 1)
        last = len(DILATIONS) - 1
        for number, (kernel, bias, reach) in enumerate(zip(self.kernels, self.biases, DILATIONS, strict=True)):
            padded = F.pad(values, [reach] * 4, mode="replicate")
            values = F.conv2d(padded, kernel.flatten(0, 1), bias.flatten(), dilation=reach, groups=count)
            if number < last:
                values = F.leaky_relu(F.instance_norm(values), 0.2)
        values = values.view(count, 3, *values.shape[-2:])
        size = (len(y), len(x))
        if values.shape[-2:] == size:
            return values
        return F.interpolate(values, size=size, mode="bicubic", antialias=True, align_corners=False)

    @torch.no_grad()
    def vanish(self) -> None:
        """Empties the last layer."""
        self.kernels[-1].zero_()
        self.biases[-1].zero_()

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``network``."""
        return [ParameterGroup("network", list(self.parameters()), self.learning_rate)]


def filter_image(
    canvas: Canvas, channels: Annotated[int, Field(ge=3, le=256)] = 16, export_size: Side = 512
) -> FieldImage:
    """A small convolutional network that changes the picture of the canvas, as CLIPstyler's (Kwon and Ye 2022).

    Args:
        canvas: what to draw on; without a picture, the network sees where each pixel is.
        channels: of its inner layers.
        export_size: longer side of the picture that is written, in pixels.
    """
    height, width = canvas.size
    across, down = (
        torch.linspace(0, 1, width).expand(canvas.size),
        torch.linspace(0, 1, height)[:, None].expand(canvas.size),
    )
    places = torch.stack([across, down, torch.full(canvas.size, 0.5)])
    picture = places if canvas.picture is None else canvas.picture
    field = Filter(picture, canvas.candidates, channels, canvas.generator, 4e-3)
    return FieldImage(field, canvas, export_size)
