"""What is taken from kornia, an optional package: colour spaces and edges."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Literal

from torch import Tensor

from limn.errors import InputError

Space = Literal["rgb", "linear_rgb", "lab", "luv", "ycbcr"]
"""sRGB, light, CIE L*a*b* and L*u*v* (in which equal distances look alike), luma and chroma."""

SCALES = {"lab": 100.0, "luv": 100.0}
"""What the numbers of a space are divided by, so that its lightness goes from 0 to 1."""


def kornia(module: str, reader: str) -> ModuleType:
    """A module of kornia.

    Args:
        module: such as ``color``.
        reader: what needs it, for the message.

    Raises:
        InputError: kornia is not installed.
    """
    try:
        return import_module(f"kornia.{module}")
    except ImportError as error:
        raise InputError(f"{reader} needs the package kornia: pip install -e '.[kornia]'") from error


def in_space(rgb: Tensor, space: Space) -> Tensor:
    """Pictures in another colour space.

    Args:
        rgb: sRGB [N, 3, H, W]; what lies outside 0..1 is clamped.
        space: which.

    Returns:
        [N, 3, H, W], see `SCALES`.

    Raises:
        InputError: kornia is not installed.
    """
    if space == "rgb":
        return rgb
    converted: Tensor = getattr(kornia("color", f"space: {space}"), f"rgb_to_{space}")(rgb.clamp(0.0, 1.0))
    return converted / SCALES.get(space, 1.0)


def edge_strength(rgb: Tensor) -> Tensor:
    """How strong edges are: the length of the slope by Sobel's filters, in each colour.

    Args:
        rgb: [N, 3, H, W] in 0..1.

    Returns:
        [N, 3, H, W].

    Raises:
        InputError: kornia is not installed.
    """
    strength: Tensor = kornia("filters", "edges").sobel(rgb)
    return strength
