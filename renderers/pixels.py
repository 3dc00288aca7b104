"""Pixels: pictures whose values on a grid are what is optimised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor, nn

from renderers.base import ParameterGroup, Renderer
from renderers.errors import InputError
from renderers.frames import Frames

Basis = Literal["plain", "fourier"]

DECORRELATED = ((0.26, 0.09, 0.02), (0.27, 0.00, -0.05), (0.27, -0.09, 0.03))
"""Colours in natural pictures as three channels that do not go together, by their standard deviations."""

NEAR_ENDS = 0.01
"""How near to black and white a Fourier picture begins: at the ends themselves it could not move."""


class Pixels(Renderer):
    """A population of pictures.

    Args:
        pictures: where to start [S, 3, H, W] in 0..1.
        basis: ``plain`` moves each value by itself; ``fourier`` moves waves in decorrelated colours, coarse ones
            more than fine ones, which keeps a judge of details from drowning the form in noise.
        learning_rates: Adam's step size of ``colour``, in 0..1 (plain) or in the waves' own unit.

    Raises:
        InputError: unknown name in ``learning_rates``.

    Source of ``fourier``: Mordvintsev et al., Differentiable Image Parameterizations, Distill 2018.
    """

    scale: Tensor
    mixing: Tensor

    def __init__(
        self, pictures: Tensor, basis: Basis = "plain", learning_rates: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.basis, self.learning_rates = basis, {"colour": 0.02, **(learning_rates or {})}
        for name in learning_rates or {}:
            if name != "colour":
                raise InputError(f"learning_rates: pixels have no {name!r}, expected colour")
        self.size = (pictures.shape[-2], pictures.shape[-1])
        self.register_buffer("mixing", torch.tensor(DECORRELATED), persistent=False)
        self.register_buffer("scale", _scale(*self.size), persistent=False)
        self.colours = nn.Parameter(pictures.clone() if basis == "plain" else self._waves(pictures))

    @property
    def candidates(self) -> int:
        """S, the number of pictures."""
        return len(self.colours)

    def pictures(self) -> Tensor:
        """The pictures as they are now [S, 3, H, W], connected to the parameters."""
        if self.basis == "plain":
            return self.colours.clamp(0.0, 1.0)  # a copy: what a step saw stays as it was
        values = torch.fft.irfft2(torch.view_as_complex(self.colours) * self.scale, s=self.size, norm="ortho")
        return torch.einsum("rc,schw->srhw", self.mixing, values).sigmoid()

    def render(self, cameras: Any = None, size: tuple[int, int] | None = None) -> Frames:
        """Shows every candidate.

        Args:
            cameras: not used, pictures are flat.
            size: height and width in pixels; the grid's own when None.

        Returns:
            Frames with one view.
        """
        rgb = self.pictures()
        if size is not None and size != self.size:
            rgb = F.interpolate(rgb, size=size, mode="bicubic", antialias=True, align_corners=False).clamp(0.0, 1.0)
        return Frames(rgb[:, None], torch.ones_like(rgb[:, None, :1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``colour``."""
        return [ParameterGroup("colour", [self.colours], self.learning_rates["colour"])]

    @torch.no_grad()
    def constrain(self) -> None:
        """Clamps plain values to 0..1; waves need none."""
        if self.basis == "plain":
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
        pixels = self.pictures()[candidate].clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
        path = folder / "picture.png"
        Image.fromarray(pixels.cpu().numpy()).save(path)
        return [path]

    def _waves(self, pictures: Tensor) -> Tensor:
        """The waves that make some pictures, real and imaginary parts last."""
        logits = pictures.clamp(NEAR_ENDS, 1.0 - NEAR_ENDS).logit()
        values = torch.einsum("cr,srhw->schw", torch.linalg.inv(self.mixing), logits)
        return torch.view_as_real(torch.fft.rfft2(values, norm="ortho") / self.scale).contiguous()


def _scale(height: int, width: int) -> Tensor:
    """How much a step moves each wave: in proportion to its length, as natural pictures have it [H, W // 2 + 1]."""
    down, across = torch.fft.fftfreq(height)[:, None], torch.fft.rfftfreq(width)[None]
    frequency = (down.square() + across.square()).sqrt().clamp_min(1.0 / max(height, width))
    return (height * width) ** 0.5 / max(height, width) / frequency
