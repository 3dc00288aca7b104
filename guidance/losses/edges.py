"""Losses between the edges of pictures."""

from __future__ import annotations

from torch import Tensor

from guidance.kornia import edge_strength, kornia
from guidance.losses.comparison import PictureComparison
from guidance.losses.pixels import Distance, pixels
from guidance.target import Target


class Edges(PictureComparison):
    """`pixels` of the edges of pictures and target, see `edge_strength`; colours of areas do not count.

    Args:
        target: a fixed picture, or one for each view.
        distance: ``l2`` or ``l1``.

    Raises:
        InputError: kornia is not installed.
    """

    def __init__(self, target: Target, distance: Distance = "l2") -> None:
        super().__init__(target)
        kornia("filters", "edges")
        self.metric = distance

    def represent(self, rgb: Tensor) -> Tensor:
        """`edge_strength`."""
        return edge_strength(rgb)

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`pixels`."""
        return pixels(pictures, target, self.metric)
