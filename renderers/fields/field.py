"""Field: density and colour at every point of the box -1..1, for S candidates."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from limn.volume import Samples
from renderers.base import ParameterGroup
from renderers.fields.densities.density import Density
from renderers.fields.encodings.encoding import Encoding
from renderers.fields.network import Network

TETRAHEDRON = ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0), (-1.0, 1.0, -1.0), (-1.0, -1.0, 1.0))
"""Four directions whose differences give a gradient: the sum of k k^T is 4 I."""


class Field(nn.Module):
    """An encoding, and where that is not direct a small network behind it; a density makes opacity of its first number.

    Args:
        encoding: of S candidates.
        density: of S candidates.
        network: from the encoding's features to a raw value and three colours; None for a direct encoding.
    """

    def __init__(self, encoding: Encoding, density: Density, network: Network | None = None) -> None:
        super().__init__()
        self.encoding, self.density, self.network = encoding, density, network

    def forward(self, points: Tensor, owner: Tensor, directions: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """What is at some points.

        Args:
            points: in the box -1..1 [M, 3].
            owner: the candidate of each, ascending, int32 [M].
            directions: in which they are seen, unit [M, 3]; for networks whose colours depend on them.

        Returns:
            Raw values [M] (see `Density`), and colours, sRGB in 0..1 [M, 3].
        """
        return self.density.look(self._values(points, owner, directions), points)

    def show(
        self, samples: Samples, owner: Tensor, directions: Tensor | None, slope: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What samples show.

        Args:
            samples: of rays.
            owner: the candidate of each, ascending, int32 [M].
            directions: see `forward`.
            slope: change of the raw values along the rays [M], where the density needs it.

        Returns:
            Raw values [M], opacity [M] and colours [M, 3].
        """
        values = self._values(samples.points, owner, directions)
        return self.density.show(values, samples.points, samples.lengths, owner, slope)

    def _values(self, points: Tensor, owner: Tensor, directions: Tensor | None) -> Tensor:
        """A number and three colours before the sigmoid [M, 4]."""
        values: Tensor = self.encoding(points, owner)
        return values if self.network is None else self.network(values, owner, directions)

    @property
    def needs_directions(self) -> bool:
        """Whether it matters in which direction points are seen."""
        return self.density.needs_slope or (self.network is not None and self.network.needs_directions)

    def raw(self, points: Tensor, owner: Tensor) -> Tensor:
        """The raw values alone [M]."""
        raw: Tensor = self(points, owner)[0]
        return raw

    def sigma(self, points: Tensor, owner: Tensor) -> Tensor:
        """Density per unit of length [M]."""
        return self.density.density(self.raw(points, owner), owner)

    def gradient(self, points: Tensor, owner: Tensor) -> tuple[Tensor, Tensor]:
        """Raw values [M] and their gradients in space [M, 3].

        Behind a network they come from differences over the finest open cell, which shrinks as levels open, so that
        what is not there yet leaves no mark on the normals.

        Source: Neuralangelo (Li et al. 2023), with the four taps of a tetrahedron.
        """
        if self.network is None:
            values, gradient = self.encoding.gradient(points, owner)
            start, slope = self._differences(points, lambda around: self.density.start(around))
            return values + start, gradient + slope
        return self._differences(points, lambda around: self.raw(around, owner.repeat_interleave(len(TETRAHEDRON))))

    def _differences(self, points: Tensor, function: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
        """Values [M] and gradients [M, 3] of a function of [N, 3], from the corners of tetrahedra round the points."""
        taps = points.new_tensor(TETRAHEDRON) * (0.5 * self.encoding.cell)
        values = function((points[:, None] + taps).view(-1, 3)).view(-1, len(taps))
        return values.mean(dim=1), values @ taps / (4.0 * taps[0, 0] ** 2)

    def parameter_groups(self) -> list[ParameterGroup]:
        """The groups of all parts."""
        parts: list[Encoding | Density | Network] = [self.encoding, self.density]
        parts += [] if self.network is None else [self.network]
        return [group for part in parts for group in part.parameter_groups()]

    @torch.no_grad()
    def constrain(self) -> None:
        """Keeps all parts in their range."""
        self.encoding.constrain()
        self.density.constrain()

    def at(self, progress: float) -> None:
        """Goes to a moment of the run, 0..1."""
        self.density.at(progress)
