"""Dense grid: values at the vertices of a regular grid, with straight lines between them."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Rate
from renderers.base import ParameterGroup
from renderers.fields.encodings.encoding import Encoding
from renderers.fields.operations.dense_grid import dense_grid, dense_grid_gradient


class DenseGrid(Encoding):
    """A raw density and a colour at every vertex, shown as they are; or features for a network.

    The fastest encoding on a CPU, up to some hundred vertices on each side.

    Args:
        candidates: S.
        generator: draws the features for a network; a grid that is shown starts from zero.
        resolution: vertices on each axis; those at the ends lie on the faces of the box.
        features: at each vertex, for a network; None for a raw density and three colours, which need none.
        density_rate: learning rate of the raw densities.
        colour_rate: learning rate of the colours, before the sigmoid.
        feature_rate: learning rate of features for a network.
    """

    def __init__(
        self,
        candidates: int,
        generator: torch.Generator,
        resolution: Annotated[int, Field(ge=2, le=512)] = 48,
        features: Annotated[int, Field(ge=1, le=64)] | None = None,
        density_rate: Rate = 0.15,
        colour_rate: Rate = 0.24,
        feature_rate: Rate = 0.01,
    ) -> None:
        super().__init__()
        self.direct, self.features = features is None, features or 4
        self.rates = {"density": density_rate, "colour": colour_rate, "features": feature_rate}
        shape = (candidates, resolution, resolution, resolution)
        if features is None:
            self.density = nn.Parameter(torch.zeros(*shape, 1))
            self.colour = nn.Parameter(torch.zeros(*shape, 3))
        else:
            self.table = nn.Parameter(torch.empty(*shape, features).uniform_(-1e-4, 1e-4, generator=generator))

    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        """Interpolated [M, F], see `dense_grid`."""
        return dense_grid(points, owner, torch.cat(self.tables, dim=-1) if self.direct else self.table)

    def gradient(self, points: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
        """The first feature [M] and its gradient in space [M, 3]; both are linear in the parameters."""
        values, gradients = dense_grid_gradient(points, owner, self.tables[0][..., :1])
        return values[:, 0], gradients[:, 0]

    @torch.no_grad()
    def take_over(self, other: Encoding) -> None:
        """Becomes the function of another grid, at its own resolution.

        Args:
            other: of as many candidates and features.

        Raises:
            InputError: it is no such grid.
        """
        if not isinstance(other, DenseGrid) or (other.direct, other.features) != (self.direct, self.features):
            super().take_over(other)
        for own, theirs in zip(self.tables, other.tables, strict=True):
            own.copy_(resampled(theirs, own.shape[1]))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``density`` and ``colour``, or ``features``."""
        names = ("density", "colour") if self.direct else ("features",)
        tables = zip(names, self.tables, strict=True)
        return [ParameterGroup(name, [table], self.rates[name]) for name, table in tables]

    @property
    def cell(self) -> float:
        """Side of a cell in a box of side 2."""
        return 2.0 / (self.tables[0].shape[1] - 1)

    @property
    def tables(self) -> tuple[nn.Parameter, ...]:
        """Raw densities [S, R, R, R, 1] and colours [S, R, R, R, 3], or features [S, R, R, R, F]; axes z, y, x."""
        return (self.density, self.colour) if self.direct else (self.table,)


def resampled(table: Tensor, resolution: int) -> Tensor:
    """Values at the vertices of another grid, interpolated between those of this one.

    The function in space stays the same if every vertex of this grid is one of the other, as from 24 to 47; else it
    changes within cells.

    Args:
        table: [S, Rz, Ry, Rx, C].
        resolution: vertices on each axis of the other grid.
    """
    size = (resolution, resolution, resolution)
    finer = F.interpolate(table.permute(0, 4, 1, 2, 3), size=size, mode="trilinear", align_corners=True)
    return finer.permute(0, 2, 3, 4, 1).contiguous()
