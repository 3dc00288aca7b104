"""Palette: a picture has the colours of another one, as often and wherever."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from guidance.losses.comparison import PictureComparison
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
        target: a fixed picture, or one for each view.
    """

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]; each step looks at other pixels."""
        target = self._of_target(frames, step)
        height, width = frames.rgb.shape[-2:]
        every = max(1, round(math.sqrt(height * width / PIXELS)))
        top, left = (
            torch.randint(every, (2,), generator=step.generator("palette")).tolist() if step.training else (0, 0)
        )
        x, y = (each[..., top::every, left::every].flatten(3) for each in (frames.rgb, target))
        return self.distance(x, y)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`palette`."""
        return palette(pictures, target)
