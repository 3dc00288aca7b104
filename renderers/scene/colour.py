"""Colours: between sRGB values and linear light (IEC 61966-2-1), and towards white or black."""

from __future__ import annotations

import torch
from torch import Tensor


def to_linear(colour: Tensor) -> Tensor:
    """Linear light in 0..1 of sRGB values in 0..1, any shape."""
    return torch.where(colour <= 0.04045, colour / 12.92, ((colour.clamp(min=0.04045) + 0.055) / 1.055) ** 2.4)


def to_srgb(light: Tensor) -> Tensor:
    """sRGB values in 0..1 of linear light in 0..1, any shape."""
    return torch.where(light <= 0.0031308, light * 12.92, 1.055 * light.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)


def tinted(colour: Tensor, residual: Tensor) -> Tensor:
    """Colours in 0..1, moved by a residual in -1..1: at 1 white, at -1 black, at 0 as they were; any shape.

    Between them colours change linearly; on the grey of 0.5 this is 0.5 + residual / 2.
    """
    # Written with abs, the gradient at 0 is the mean of those to both sides.
    return colour + residual / 2 + residual.abs() * (0.5 - colour)
