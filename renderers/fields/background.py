"""LearnedBackground: what lies behind a field, learned: a colour for every direction."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from limn.ranges import Fraction, Rate
from renderers.base import ParameterGroup
from renderers.fields.harmonics import harmonics
from renderers.fields.network import Layers

DEGREE = 3
"""Of the harmonics of directions: what is far is soft."""


class LearnedBackground(nn.Module):
    """A small network that gives a direction its colour, for S candidates.

    Args:
        candidates: S.
        generator: for what it starts from.
        flat: the part of training pictures that get one random colour instead, so that a field cannot hide in what it
            learned to be behind itself.
        learning_rate: Adam's step size.

    Source: threestudio's background of a neural environment, two hidden layers of 16.
    """

    def __init__(
        self, candidates: int, generator: torch.Generator, flat: Fraction = 0.5, learning_rate: Rate = 1e-3
    ) -> None:
        super().__init__()
        self.flat, self.learning_rate = flat, learning_rate
        self.layers = Layers(candidates, DEGREE**2, 3, 16, 2, generator)

    def forward(self, directions: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """What is behind the pictures.

        Args:
            directions: of the N rays of V pictures, unit [V, N, 3].
            generator: draws the pictures that get one colour and that colour; None shows what was learned.

        Returns:
            sRGB in 0..1 [S, V, N, 3].
        """
        views, rays, _ = directions.shape
        seen = harmonics(directions.reshape(1, -1, 3), DEGREE)
        colours: Tensor = self.layers(seen).sigmoid().view(-1, views, rays, 3)
        if generator is None:
            return colours
        drawn = torch.rand(views, 1, 4, generator=generator).to(colours)
        return torch.where(drawn[..., :1] < self.flat, drawn[..., 1:], colours)

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group, ``background``."""
        return [ParameterGroup("background", list(self.parameters()), self.learning_rate)]
