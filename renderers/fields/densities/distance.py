"""VolSDF and NeuS: signed distances become opacity, ever sharper round the surface."""

from __future__ import annotations

import math
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.ranges import Fraction, Rate
from renderers.base import ParameterGroup
from renderers.fields.densities.density import Density

LEAST_BETA, SHARPEST = 1e-4, 1e4
"""Sharper than this is nothing that samples could see."""

LEAST = 1e-5
"""What NeuS adds above and below the fraction bar; it also is the opacity of empty space."""

Beta = Annotated[float, Field(ge=LEAST_BETA, le=1)]
Sharpness = Annotated[float, Field(ge=1, le=SHARPEST)]


class _Distance(Density):
    """The raw value is a signed distance, negative inside; fields start as a ball.

    Args:
        radius: of the ball.
    """

    signed = True

    def __init__(self, radius: Fraction) -> None:
        super().__init__()
        self.radius = radius

    def start(self, points: Tensor) -> Tensor:
        """The distance from the ball [M]."""
        return points.square().sum(dim=1).sqrt() - self.radius

    def of_distance(self, distances: Tensor, width: float) -> Tensor:
        """The distances."""
        return distances


class VolSDF(_Distance):
    """Density is (1/2 + 1/2 sign(d) (exp(-|d| / beta) - 1)) / beta at the distance d.

    Args:
        candidates: S.
        radius: of the ball to start from.
        beta: width of the transition at first, in units of a box of side 2.
        last: beta at the end of the run, where it follows a schedule; None learns it.
        learning_rate: of a beta that is learned.

    Source: Yariv et al. 2021, VolSDF; the schedule is that of BakedSDF (Yariv et al. 2023).
    """

    def __init__(
        self,
        candidates: int,
        radius: Fraction = 0.5,
        beta: Beta = 0.1,
        last: Beta | None = None,
        learning_rate: Rate = 1e-3,
    ) -> None:
        super().__init__(radius)
        self.first, self.last, self.learning_rate = beta, last, learning_rate
        self.beta = nn.Parameter(torch.full((candidates,), beta), requires_grad=last is None)

    def density(self, raw: Tensor, owner: Tensor) -> Tensor:
        """[M]."""
        beta = _of(self.beta, owner)
        return (0.5 + 0.5 * raw.sign() * torch.expm1(-raw.abs() / beta)) / beta

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group, ``sharpness``, where beta is learned."""
        return [] if self.last else [ParameterGroup("sharpness", [self.beta], self.learning_rate)]

    @torch.no_grad()
    def constrain(self) -> None:
        """Keeps beta from 0."""
        self.beta.clamp_(min=LEAST_BETA)

    @torch.no_grad()
    def at(self, progress: float) -> None:
        """Follows the schedule, where there is one: beta = first / (1 + (first / last - 1) progress^0.8)."""
        if self.last:
            self.beta.fill_(self.first / (1.0 + (self.first / self.last - 1.0) * progress**0.8))


class NeuS(_Distance):
    """Opacity is how far the logistic function of the distance falls along an interval.

    Args:
        candidates: S.
        radius: of the ball to start from.
        sharpness: of the logistic function at first; 1 / sharpness is about the width of the transition.
        anneal: the fraction of the run over which rays that leave the surface come to add nothing; until then they
            are counted as if they met it at an angle, which helps a form that is still rough. 0 does not.
        learning_rate: of v, where sharpness = exp(10 v).

    Source: Wang et al. 2021, NeuS, with the cosine that its code anneals.
    """

    needs_slope = True

    def __init__(
        self,
        candidates: int,
        radius: Fraction = 0.5,
        sharpness: Sharpness = 20.0,
        anneal: Fraction = 0.0,
        learning_rate: Rate = 1e-3,
    ) -> None:
        super().__init__(radius)
        self.anneal, self.learning_rate, self.annealed = anneal, learning_rate, 1.0
        self.v = nn.Parameter(torch.full((candidates,), math.log(sharpness) / 10.0))

    def density(self, raw: Tensor, owner: Tensor) -> Tensor:
        """That which a ray meets head on [M]: s S(-s d), where S is the logistic function."""
        s = _of((10.0 * self.v).exp(), owner)
        return s * (-s * raw).sigmoid()

    def alpha(self, raw: Tensor, lengths: Tensor, owner: Tensor, slope: Tensor | None) -> Tensor:
        """From the distances at both ends of the intervals, which the slope foretells [M]."""
        s = _of((10.0 * self.v).exp(), owner)
        cosine = torch.full_like(raw, -1.0) if slope is None else slope
        a = self.annealed
        fall = F.relu(0.5 - 0.5 * cosine) * (1.0 - a) + F.relu(-cosine) * a
        half = 0.5 * fall * lengths
        before, behind = (s * (raw + half)).sigmoid(), (s * (raw - half)).sigmoid()
        return ((before - behind + LEAST) / (before + LEAST)).clamp(0.0, 1.0)

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group, ``sharpness``."""
        return [ParameterGroup("sharpness", [self.v], self.learning_rate)]

    @torch.no_grad()
    def constrain(self) -> None:
        """Keeps the sharpness in its range."""
        self.v.clamp_(0.0, 0.1 * math.log(SHARPEST))

    def at(self, progress: float) -> None:
        """Goes on with the annealing."""
        self.annealed = min(1.0, progress / self.anneal) if self.anneal else 1.0


def _of(values: Tensor, owner: Tensor) -> Tensor:
    """The values [S] of the candidates that own points [M]."""
    return values.expand(len(owner)) if len(values) == 1 else values.index_select(0, owner)
