"""Density: how the raw value of a field becomes opacity."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from torch import Tensor, nn

from limn.registry import Registry
from renderers.base import ParameterGroup


class Density(nn.Module, ABC):
    """From raw values to opacity, for S candidates; learned parameters have S as their leading dimension.

    A constructor takes ``candidates`` (S); its further arguments are the configuration.

    Attributes:
        signed: True where raw values are signed distances, negative inside, in units of a box of side 2.
        level: the raw value that is the surface, for its extraction.
    """

    signed: bool = False
    level: float = 0.0

    @abstractmethod
    def start(self, points: Tensor) -> Tensor:
        """What is added to the raw values so that the field starts as a blob or a ball.

        Args:
            points: [M, 3] in -1..1.

        Returns:
            [M].
        """

    @abstractmethod
    def density(self, raw: Tensor, owner: Tensor) -> Tensor:
        """Per unit of length [M], for occupancy and for fields as such.

        Args:
            raw: [M].
            owner: the candidate of each, int32 [M].
        """

    @abstractmethod
    def of_distance(self, distances: Tensor, width: float) -> Tensor:
        """Raw values at signed distances from a surface, negative inside, of any shape.

        Args:
            distances: in units of a box of side 2.
            width: how far from the surface a field is as good as empty.
        """

    def alpha(self, raw: Tensor, lengths: Tensor, owner: Tensor, slope: Tensor | None) -> Tensor:
        """Opacity of intervals, 0..1 [M]: 1 - exp(-density length).

        Args:
            raw: at the middles [M].
            lengths: of the intervals [M].
            owner: the candidate of each, int32 [M].
            slope: change of the raw value along the ray [M], where it is known.
        """
        return 1.0 - (-self.density(raw, owner) * lengths).exp()

    def look(self, values: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """Raw values [M] and colours, sRGB in 0..1 [M, 3].

        Args:
            values: what an encoding or a network gives: a number and three colours before the sigmoid [M, 4].
            points: [M, 3] in -1..1.
        """
        return values[:, 0] + self.start(points), values[:, 1:4].sigmoid()

    def show(
        self, values: Tensor, points: Tensor, lengths: Tensor, owner: Tensor, slope: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """What intervals show: raw values [M], opacity [M] and colours [M, 3], see `look` and `alpha`."""
        raw, colours = self.look(values, points)
        return raw, self.alpha(raw, lengths, owner, slope), colours

    @property
    def needs_slope(self) -> bool:
        """Whether ``alpha`` wants the change of the raw value along the ray."""
        return False

    def parameter_groups(self) -> list[ParameterGroup]:
        """Learned parameters, each group with its own learning rate."""
        return []

    def constrain(self) -> None:
        """Projects the parameters back into their range, in place and without gradient."""

    def at(self, progress: float) -> None:
        """Goes to the sharpness of a moment of the run, 0..1, where that follows a schedule."""


DENSITIES: Registry[Callable[..., Density]] = Registry(
    "density",
    {
        "exp": "renderers.fields.densities.radiance:Exp",
        "neus": "renderers.fields.densities.distance:NeuS",
        "softplus": "renderers.fields.densities.radiance:Softplus",
        "volsdf": "renderers.fields.densities.distance:VolSDF",
    },
)
"""Densities by the name that a config uses."""
