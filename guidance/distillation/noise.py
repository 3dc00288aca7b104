"""Noise: where the noise of a step comes from."""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.distillation.surface_noise import LOOKS, TEXELS, cover, gather_noise
from limn.cameras import unproject
from limn.errors import InputError
from limn.frames import Frames
from limn.settings import Section
from limn.step import Step

THERE = 0.1
"""Coverage above which a point belongs to the surface (Consistent Flow Distillation)."""


class Noise(Section):
    """Where the noise of a step comes from; every candidate, and every look at a picture in a step, has its own."""

    source: Literal["random", "fixed", "surface"] = "random"
    """``random``: new in each step; ``fixed``: always the same from one side, a window of a panorama that moves with
    the camera (FSD, 2024); ``surface``: it sticks to the surface, so that views share it (CFD, 2025)."""
    refresh: float = Field(default=0.0, ge=0.0, le=1.0)
    """The part of ``fixed`` and ``surface`` noise that a step replaces: after 1 / refresh steps all of it is new."""

    def draw(self, frames: Frames, step: Step, shape: torch.Size, looks: int, generator: torch.Generator) -> Tensor:
        """Noise of variance 1 for every look at every picture.

        Args:
            frames: S candidates in V views.
            step: decides all draws.
            shape: of latents, C, h, w.
            looks: at each picture, N.
            generator: of ``random`` noise.

        Returns:
            [S * V * N, C, h, w], on the CPU or with the frames.

        Raises:
            InputError: ``surface`` noise for a scene without depth or cameras.
        """
        rows = frames.rgb.shape[0] * frames.rgb.shape[1] * looks
        if self.source == "random":
            return torch.randn((rows, *shape), generator=generator)
        of_one = self._panorama if self.source == "fixed" else self._on_surface
        each = [of_one(frames, step, shape, looks, candidate) for candidate in range(frames.candidates)]
        return torch.stack(each).transpose(1, 2).reshape(rows, *shape)

    def _panorama(self, frames: Frames, step: Step, shape: torch.Size, looks: int, candidate: int) -> Tensor:
        """[N, V, C, h, w]: turns by a half move the window by its width, as threestudio has it."""
        channels, height, width = shape
        wide = slow_noise(step, f"noise/{candidate}", (looks, channels, 2 * height, 2 * width), self.refresh)
        if frames.cameras is None:
            return wide[:, None, :, :height, :width].expand(-1, frames.rgb.shape[1], -1, -1, -1)
        right = (frames.cameras.azimuth / math.pi * width).round().long().tolist()
        down = (-frames.cameras.elevation / math.pi * height).round().long().tolist()
        windows = [wide.roll((-y, -x), dims=(2, 3)) for y, x in zip(down, right, strict=True)]
        return torch.stack(windows, dim=1)[..., :height, :width]

    def _on_surface(self, frames: Frames, step: Step, shape: torch.Size, looks: int, candidate: int) -> Tensor:
        """[N, V, C, h, w]: sums of the texels of a map on the sphere of directions from the middle of the scene."""
        if frames.depth is None or frames.cameras is None or frames.depth.shape != frames.alpha.shape:
            raise InputError("distillation: noise 'surface' needs a whole scene with cameras and depth")
        channels, height, width = shape
        fine = LOOKS * height, LOOKS * width
        alpha, depth = frames.alpha[candidate].detach(), frames.depth[candidate].detach()
        opacity = F.interpolate(alpha, fine, mode="bilinear")[:, 0]
        far = F.interpolate(alpha * depth, fine, mode="bilinear")[:, 0] / opacity.clamp_min(1e-6)
        side = TEXELS * max(height, width)
        covered = cover(unproject(far, frames.cameras), opacity > THERE, (height, width), side)
        texels, views = side * side, len(depth)
        noise = slow_noise(step, f"noise/{candidate}", (texels + height * width, looks * channels), self.refresh)
        noise = noise.to(depth)
        found = gather_noise(covered, noise[:texels], noise[texels:].repeat(views, 1))
        return found.view(views, height, width, looks, channels).permute(3, 0, 4, 1, 2)


def slow_noise(step: Step, stream: str, shape: tuple[int, ...], refresh: float) -> Tensor:
    """Noise of variance 1 that becomes other noise little by little, from a step's number alone.

    Between two draws it goes along a quarter of a circle, which keeps it Gaussian and its variance 1.

    Args:
        step: of the run.
        stream: tells independent noises apart.
        shape: of it.
        refresh: how much of the way to the next draw a step takes.
    """
    number, part = divmod(refresh * step.index, 1.0)
    draws = (Step(int(number) + k, 1, step.seed).generator(stream) for k in (0, 1))
    first = torch.randn(shape, generator=next(draws))
    if part == 0.0:
        return first
    angle = part * math.pi / 2
    return math.cos(angle) * first + math.sin(angle) * torch.randn(shape, generator=next(draws))
