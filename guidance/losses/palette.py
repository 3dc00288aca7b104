"""Palette: a picture has the colours of another one, as often and wherever."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from guidance.filters import fitted
from guidance.losses.comparison import PictureComparison
from guidance.losses.guides import drawn
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames
from limn.step import Step

DIRECTIONS, PIXELS = 16, 4096
"""Directions in the space of colours, and about how many pixels take part in a step."""


def palette(colours: Tensor, target: Tensor) -> Tensor:
    """The sliced Wasserstein distance between sets of colours.

    Args:
        colours: of S candidates in V views [S, V, 3, n] in 0..1.
        target: as many of the target [1 or S, 1 or V, 3, n].

    Returns:
        The mean square over directions and ranks of the difference between sorted projections [S].

    Source: Bonneel et al., Sliced and Radon Wasserstein barycenters of measures, 2015. The directions are evenly
    spread over a half sphere (Fibonacci).
    """
    number = torch.arange(DIRECTIONS, dtype=colours.dtype, device=colours.device) + 0.5
    height, turn = number / DIRECTIONS, number * (math.pi * (3 - math.sqrt(5)))
    flat = (1 - height**2).sqrt()
    directions = torch.stack([flat * turn.cos(), flat * turn.sin(), height], dim=1)
    x, y = ((directions @ each).sort(dim=-1).values for each in (colours, target))
    return (x - y).square().flatten(1).mean(dim=1)


class Palette(PictureComparison):
    """`palette` distance to the target: its colours, as often; where they are does not matter.

    Args:
        target: a fixed picture, or one for each view; its weight says which of its pixels count.
        region: of the canvas, whose pixels count; all of it when None.
    """

    def __init__(self, target: Target, region: Region | None = None) -> None:
        super().__init__(target)
        self.region = region

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]; each step looks at other pixels."""
        target = self._of_target(frames, step)
        height, width = frames.rgb.shape[-2:]
        here = None if self.region is None else self.region.guide(height, width)
        there = here if not self.target.fixed else self.target.weight
        if here is not None or there is not None:
            draws = (step if step.training else Step(0, 1)).generator("palette")
            x, y = (_some(rgb, guide, draws) for rgb, guide in ((frames.rgb, here), (target, there)))
            return self.distance(x, y)
        every = max(1, round(math.sqrt(height * width / PIXELS)))
        top, left = (
            torch.randint(every, (2,), generator=step.generator("palette")).tolist() if step.training else (0, 0)
        )
        x, y = (each[..., top::every, left::every].flatten(3) for each in (frames.rgb, target))
        return self.distance(x, y)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`palette`."""
        return palette(pictures, target)


def _some(rgb: Tensor, guide: Tensor | None, draws: torch.Generator) -> Tensor:
    """Colours [S, V, 3, n] of pixels [S, V, 3, H, W] that a guide [1, 1, H, W] wants; of any when None."""
    guide = rgb.new_ones(1, 1, 1, 1) if guide is None else guide.to(rgb)
    weights = fitted(guide, *rgb.shape[-2:])[:, 0]
    return rgb.flatten(3)[..., drawn(weights, PIXELS, draws)[0]]
