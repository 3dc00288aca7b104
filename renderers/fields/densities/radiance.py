"""Exp and Softplus: raw values become density, and fields start as a blob."""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from limn.ranges import NonNegative, Positive
from renderers.fields.densities.density import Density
from renderers.fields.operations.activate import Activation, Blob, activate

SHIFT = 1.0
"""What is taken off raw values, so that those of a new field, near 0, are thin."""

EMPTY, FULL = -5.0, 1.8
"""The least raw value of a form, and the greatest over the level: what is sure can still be changed soon."""


class _Radiance(Density):
    """Density is a rising function of the raw value.

    Args:
        candidates: not used, nothing is learned.
        blob: ``magic3d``: scale (1 - r / width); ``dreamfusion``: scale exp(-r^2 / (2 width^2)), where r is the
            distance from the centre; ``none`` starts empty, as suits pictures that are to be fitted.
        scale: of the blob, in raw values.
        width: of the blob.
        surface: the density per unit of length that counts as the surface.

    Attributes:
        softplus: whether density is the softplus of raw values, or else their exponential.

    Source: Lin et al. 2023, Magic3D; Poole et al. 2022, DreamFusion; the formulas and scales as threestudio has them.
    """

    softplus: ClassVar[bool]

    def __init__(
        self,
        candidates: int,
        blob: Blob = "magic3d",
        scale: NonNegative = 3.0,
        width: Positive = 0.5,
        surface: Positive = 10.0,
    ) -> None:
        super().__init__()
        self.blob, self.scale, self.width = blob, scale, width
        self.level = self.raw_of(surface)

    @staticmethod
    @abstractmethod
    def raw_of(density: float) -> float:
        """The raw value that has a density."""

    def start(self, points: Tensor) -> Tensor:
        """The blob [M]."""
        if self.blob == "none":
            return torch.zeros_like(points[:, 0])
        square = points.square().sum(dim=1)
        if self.blob == "magic3d":
            return self.scale - square.sqrt() * (self.scale / self.width)
        return (square * (-0.5 / self.width**2)).exp() * self.scale

    def show(
        self, values: Tensor, points: Tensor, lengths: Tensor, owner: Tensor, slope: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See `Density.show`; in one kernel."""
        activation = Activation(self.softplus, SHIFT, self.blob, self.scale, self.width)
        return activate(values, points, lengths, activation)

    def of_distance(self, distances: Tensor, width: float) -> Tensor:
        """The level at 0, and 0 at the width."""
        return (self.level * (1.0 - distances / width)).clamp(EMPTY, FULL * self.level)


class Exp(_Radiance):
    """Density is exp(raw - 1).

    Source: Mueller et al. 2022, Instant Neural Graphics Primitives; its gradient stops growing as in nerfacc.
    """

    softplus = False

    @staticmethod
    def raw_of(density: float) -> float:
        """The raw value that has a density."""
        return math.log(density) + SHIFT

    def density(self, raw: Tensor, owner: Tensor) -> Tensor:
        """[M]."""
        found: Tensor = _TruncatedExp.apply(raw - SHIFT)
        return found


class Softplus(_Radiance):
    """Density is log(1 + exp(raw - 1)).

    Source: Barron et al. 2021, Mip-NeRF.
    """

    softplus = True

    @staticmethod
    def raw_of(density: float) -> float:
        """The raw value that has a density."""
        return density + math.log(-math.expm1(-density)) + SHIFT

    def density(self, raw: Tensor, owner: Tensor) -> Tensor:
        """[M]."""
        return F.softplus(raw - SHIFT)


class _TruncatedExp(torch.autograd.Function):
    """exp(x), with the derivative exp(min(x, 15))."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.exp()

    @staticmethod
    def backward(ctx: Any, adjoint: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        by_x: Tensor = adjoint * x.clamp(max=15.0).exp()
        return by_x
