"""MLP: a small network behind an encoding."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from limn.lights import CONSTANT
from limn.ranges import Rate
from limn.registry import Registry
from renderers.base import ParameterGroup
from renderers.fields.harmonics import harmonics

Width = Annotated[int, Field(ge=4, le=1024)]
Depth = Annotated[int, Field(ge=1, le=16)]

GEOMETRY = 16
"""Numbers that the first part hands to the one for colours seen from a direction; the first of them is the density."""

DEGREE = 4
"""Of the harmonics of directions."""


class Network(nn.Module, ABC):
    """From features to what a field shows, for S candidates; parameters have S as their leading dimension.

    A constructor takes ``candidates`` (S), ``features`` (F) and ``generator``; its further arguments are the
    configuration.

    Attributes:
        needs_directions: whether colours depend on the direction in which they are seen.
    """

    needs_directions: bool = False

    @abstractmethod
    def forward(self, features: Tensor, owner: Tensor, directions: Tensor | None = None) -> Tensor:
        """What is at points.

        Args:
            features: of points [M, F].
            owner: the candidate of each, ascending, int32 [M].
            directions: in which they are seen, unit [M, 3]; without them, colours that would depend on them do not.

        Returns:
            A raw density and three colours, any numbers [M, 4].
        """

    @abstractmethod
    def parameter_groups(self) -> list[ParameterGroup]:
        """The parameters by name, each group with its own learning rate."""


NETWORKS: Registry[Callable[..., Network]] = Registry("network", {"mlp": "renderers.fields.network:MLP"})
"""Networks by the name that a config uses."""


class Layers(nn.Module):
    """Matrices without biases, ReLU between them; they start as torch's linear layers do.

    Args:
        candidates: S.
        inputs: how many numbers go in.
        outputs: how many come out.
        width: of the hidden layers.
        depth: how many these are.
        generator: for what they start from.
    """

    def __init__(
        self, candidates: int, inputs: int, outputs: int, width: int, depth: int, generator: torch.Generator
    ) -> None:
        sides = [inputs, *[width] * depth, outputs]
        super().__init__()
        self.matrices = nn.ParameterList(
            (2.0 * torch.rand(candidates, a, b, generator=generator) - 1.0) / math.sqrt(a) for a, b in pairwise(sides)
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """[S, M, inputs] -> [S, M, outputs]; [1, M, inputs] for inputs that all candidates share."""
        return _through(list(self.matrices), inputs)

    def packed(self, inputs: Tensor, owner: Tensor) -> Tensor:
        """[M, inputs] -> [M, outputs], for rows of which each belongs to a candidate, ascending, int32 [M]."""
        later = torch.arange(1, len(self.matrices[0]), dtype=owner.dtype, device=owner.device)
        bounds = torch.searchsorted(owner, later).tolist()
        rows = inputs.tensor_split(bounds)
        return torch.cat([_through([matrix[s] for matrix in self.matrices], part) for s, part in enumerate(rows)])


def _through(matrices: list[Tensor], hidden: Tensor) -> Tensor:
    for matrix in matrices[:-1]:
        hidden = (hidden @ matrix).relu()
    return hidden @ matrices[-1]


class MLP(Network):
    """A multi-layer perceptron, in float32.

    Args:
        candidates: S.
        features: F, of the encoding.
        generator: for what it starts from.
        width: of the hidden layers.
        depth: how many these are.
        views: whether colours depend on the direction in which they are seen, by a second part with two hidden layers
            that gets 16 numbers of the first and the harmonics of the direction up to degree 4.
        learning_rate: Adam's step size.

    Source: Mueller et al. 2022, Instant Neural Graphics Primitives.
    """

    def __init__(
        self,
        candidates: int,
        features: int,
        generator: torch.Generator,
        width: Width = 64,
        depth: Depth = 1,
        views: bool = False,
        learning_rate: Rate = 5e-3,
    ) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.needs_directions = views
        self.trunk = Layers(candidates, features, GEOMETRY if views else 4, width, depth, generator)
        self.colours = Layers(candidates, GEOMETRY + DEGREE**2, 3, width, 2, generator) if views else None

    def forward(self, features: Tensor, owner: Tensor, directions: Tensor | None = None) -> Tensor:
        """[M, 4]."""
        found = self.trunk.packed(features, owner)
        if self.colours is None:
            return found
        if directions is None:
            seen = F.pad(torch.full_like(found[:, :1], CONSTANT), (0, DEGREE**2 - 1))  # their mean over all directions
        else:
            seen = harmonics(directions, DEGREE)
        return torch.cat([found[:, :1], self.colours.packed(torch.cat([found, seen], dim=1), owner)], dim=1)

    def parameter_groups(self) -> list[ParameterGroup]:
        """One group, ``network``."""
        options = {"betas": (0.9, 0.99), "eps": 1e-15}
        return [ParameterGroup("network", list(self.parameters()), self.learning_rate, options=options)]
