"""A picture as a sum of grids from coarse to fine: a Laplacian pyramid (Burt and Adelson 1983)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from limn.ranges import Side
from renderers.base import ParameterGroup
from renderers.fields.pictures.field_image import FieldImage, Frequency, PictureField
from renderers.registry import Canvas


class Pyramid(PictureField):
    """S sums of grids, each twice as fine as the one before, with cubic B-splines between the values of a grid.

    Args:
        candidates: S.
        size: height and width of the picture, in any unit.
        frequency: of the finest grid: two values a cycle, in cycles across the longer side.
        contrast: of what the coarsest grids start with.
        generator: of the start.
        learning_rate: of all grids together, for values that span -1..1.
    """

    def __init__(
        self,
        candidates: int,
        size: tuple[int, int],
        frequency: float,
        generator: torch.Generator,
        contrast: float = 0.1,
        learning_rate: float = 0.04,
    ) -> None:
        super().__init__()
        self.sides = [side / max(size) for side in size]
        finest = max(2, math.ceil(2 * frequency))
        columns = [-(-finest // 2**level) for level in range(int(math.log2(finest)))]
        self.grids = nn.ParameterList(
            torch.zeros(candidates, 3, *(max(1, round(count * side)) for side in self.sides)) for count in columns[::-1]
        )
        self.learning_rate = learning_rate / len(self.grids)
        for grid in self.grids:
            if max(grid.shape[2:]) <= 8:
                grid.data += contrast * (2 * torch.rand(grid.shape, generator=generator) - 1)

    def forward(self, y: Tensor, x: Tensor) -> Tensor:
        """The sum of all grids, see `PictureField`."""
        total = y.new_zeros(())
        for grid in self.grids:
            rows, columns = (
                _splines(places, side, count)
                for places, side, count in zip((y, x), self.sides, grid.shape[2:], strict=True)
            )
            total = total + rows @ grid @ columns.T
        return total

    @torch.no_grad()
    def vanish(self) -> None:
        """Empties all grids."""
        for grid in self.grids:
            grid.zero_()

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group: ``colour``. Its bands are the grids."""
        grids = list(self.grids)
        return [ParameterGroup("colour", grids, self.learning_rate, bands=range(len(grids)))]


def _splines(places: Tensor, side: float, count: int) -> Tensor:
    """Weights of ``count`` values in the middles of equal parts of -side..side at places [P]: [P, count].

    Uniform cubic B-splines, whose weights sum to 1, at the border too.
    """
    position = (places / side + 1) / 2 * count - 0.5
    distance = (position[:, None] - torch.arange(count, device=places.device)).abs()
    near = 2 / 3 - distance**2 + distance**3 / 2
    weights = torch.where(distance < 1, near, (2 - distance).clamp(min=0) ** 3 / 6)
    return weights / weights.sum(dim=1, keepdim=True)


def pyramid(canvas: Canvas, frequency: Frequency = 32.0, export_size: Side = 512) -> FieldImage:
    """A Laplacian pyramid.

    Args:
        canvas: what to draw on.
        frequency: of its finest grid, in cycles across the longer side; half the pixels of that side is as fine as
            pixels.
        export_size: longer side of the picture that is written, in pixels.
    """
    field = Pyramid(canvas.candidates, canvas.size, frequency, canvas.generator)
    return FieldImage(field, canvas, export_size)
