"""Backgrounds: the pictures behind a 3D scene, by the name that a config uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from limn.pictures import decode_picture
from limn.ranges import Fraction, Rising
from limn.registry import Registry

Size = tuple[int, int]
Range = tuple[float, float]
Blur = Annotated[float, Field(ge=0, le=200)]
Blurs = Annotated[tuple[Blur, Blur], Rising]


class Background(Protocol):
    """Makes backgrounds; the constructor's arguments are its configuration."""

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """The backgrounds of V views.

        Args:
            count: V, how many.
            size: height and width in pixels.
            generator: the only source of randomness.

        Returns:
            sRGB in 0..1 [V, 3], or [V, 3, H, W].
        """


BACKGROUNDS: Registry[Callable[..., Background]] = Registry(
    "background",
    {
        "checker": "renderers.scene.backgrounds:Checker",
        "colour": "renderers.scene.backgrounds:Colour",
        "noise": "renderers.scene.backgrounds:Noise",
        "picture": "renderers.scene.backgrounds:Picture",
        "random_colour": "renderers.scene.backgrounds:RandomColour",
        "varied": "renderers.scene.backgrounds:Varied",
    },
)
"""Backgrounds by the name that a config uses."""


class Colour:
    """One colour.

    Args:
        colour: sRGB in 0..1.
    """

    def __init__(self, colour: tuple[Fraction, Fraction, Fraction] = (1.0, 1.0, 1.0)) -> None:
        self.colour = torch.tensor(colour)

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3]."""
        return self.colour.expand(count, 3)


class RandomColour:
    """One random colour for every view."""

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3]."""
        return torch.rand(count, 3, generator=generator)


class Checker:
    """A checkerboard of two random colours, blurred.

    Args:
        cells: along each side.
        blur: least and greatest standard deviation in pixels of a picture of 224.
    """

    def __init__(self, cells: Annotated[int, Field(ge=1, le=512)] = 8, blur: Blurs = (0.0, 10.0)) -> None:
        self.cells, self.blur = cells, blur

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3, H, W]."""
        row, column = (torch.arange(pixels) * self.cells // pixels for pixels in size)
        odd = ((row[:, None] + column) % 2).bool()
        colours = torch.rand(2, count, 3, 1, 1, generator=generator)
        return _blurred(torch.where(odd, colours[0], colours[1]), self.blur, generator)


class Noise:
    """A random colour for every pixel, blurred.

    Args:
        blur: least and greatest standard deviation in pixels of a picture of 224.
    """

    def __init__(self, blur: Blurs = (0.0, 10.0)) -> None:
        self.blur = blur

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3, H, W]."""
        return _blurred(torch.rand(count, 3, *size, generator=generator), self.blur, generator)


class Varied:
    """A random colour, a checkerboard or noise, each in a third of the views.

    Source: CLIP-Mesh (Mohammad Khalid et al. 2022), after Dream Fields (Jain et al. 2022).

    Args:
        blur: least and greatest standard deviation in pixels of a picture of 224.
    """

    def __init__(self, blur: Blurs = (0.0, 10.0)) -> None:
        self.kinds = (RandomColour(), Checker(blur=blur), Noise(blur))

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3, H, W]."""
        chosen = torch.randint(len(self.kinds), (count,), generator=generator).tolist()
        made = [self.kinds[kind](1, size, generator) for kind in chosen]
        return torch.cat([picture if picture.dim() == 4 else _spread(picture, size) for picture in made])


class Picture:
    """A picture from a file, stretched to the size of the views.

    Args:
        file: PNG, JPEG or WebP.

    Raises:
        InputError: no such file, or no picture.
    """

    def __init__(self, file: str) -> None:
        pixels = np.array(decode_picture(Path(file), f"background {file!r}").convert("RGB"), dtype=np.float32)
        self.picture = torch.from_numpy(pixels).permute(2, 0, 1)[None] / 255

    def __call__(self, count: int, size: Size, generator: torch.Generator) -> Tensor:
        """[V, 3, H, W]."""
        return resized(self.picture, size).expand(count, -1, -1, -1)


def resized(pictures: Tensor, size: Size) -> Tensor:
    """Pictures [V, 3, H, W] at another size; colours [V, 3] become pictures."""
    if pictures.dim() == 2:
        return _spread(pictures, size)
    if pictures.shape[-2:] == size:
        return pictures
    return F.interpolate(pictures, size=size, mode="bilinear", antialias=True, align_corners=False).clamp(0, 1)


def _spread(colours: Tensor, size: Size) -> Tensor:
    return colours[..., None, None].expand(-1, -1, *size)


def _blurred(pictures: Tensor, blur: Range, generator: torch.Generator) -> Tensor:
    """Pictures [V, 3, H, W], each blurred by a Gaussian of its own random width; borders are mirrored."""
    count, _, height, width = pictures.shape
    least, greatest = blur
    sigma = least + (greatest - least) * torch.rand(count, generator=generator)
    sigma = (sigma * height / 224).clamp_min(1e-3)
    radius = min(int(3 * float(sigma.max())) + 1, height - 1, width - 1)
    kernel = (-0.5 * (torch.arange(-radius, radius + 1) / sigma[:, None]) ** 2).exp()
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(3, dim=0)
    out = F.pad(pictures.reshape(1, 3 * count, height, width), [radius] * 4, mode="reflect")
    out = F.conv2d(out, kernel[:, None, None, :], groups=3 * count)
    return F.conv2d(out, kernel[:, None, :, None], groups=3 * count).view_as(pictures)
