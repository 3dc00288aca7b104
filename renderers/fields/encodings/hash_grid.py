"""Hash grid: features on many levels, of which the fine ones share their memory by hashing."""

from __future__ import annotations

from typing import Annotated

import torch
from pydantic import Field
from torch import Tensor, nn

from limn.errors import InputError
from limn.ranges import Rate
from renderers.base import ParameterGroup
from renderers.fields.encodings.encoding import Encoding
from renderers.fields.operations.hash_grid import Interpolation, hash_grid
from renderers.fields.operations.levels import Levels


class HashGrid(Encoding):
    """Multi-resolution hash grid for a network, laid out as in tiny-cuda-nn; its levels open one after the other.

    The defaults suit a CPU; instant-ngp has a log2_hashmap_size of 19 and a finest_resolution of 2048 and more.

    A feature on a fine level is for few points: Adam's epsilon is 1e-15, so that small gradients count in full.

    Args:
        candidates: S.
        generator: draws the features, from -1e-4 to 1e-4.
        levels: L.
        features_per_level: F of each; 2 for volumes in the paper.
        log2_hashmap_size: of the most rows that a level has.
        base_resolution: vertices on each axis of the coarsest level.
        finest_resolution: of the finest level.
        interpolation: ``linear``, or ``smoothstep`` for normals without steps.
        learning_rate: of the features.

    Raises:
        InputError: the finest level would be coarser than the coarsest.

    Source: Mueller et al. 2022, Instant Neural Graphics Primitives with a Multiresolution Hash Encoding.
    """

    def __init__(
        self,
        candidates: int,
        generator: torch.Generator,
        levels: Annotated[int, Field(ge=1, le=32)] = 16,
        features_per_level: Annotated[int, Field(ge=1, le=8)] = 2,
        log2_hashmap_size: Annotated[int, Field(ge=3, le=24)] = 16,
        base_resolution: Annotated[int, Field(ge=2, le=512)] = 16,
        finest_resolution: Annotated[int, Field(ge=2, le=65536)] = 512,
        interpolation: Interpolation = "linear",
        learning_rate: Rate = 0.01,
    ) -> None:
        super().__init__()
        if finest_resolution < base_resolution:
            raise InputError(
                f"hash_grid: finest_resolution is {finest_resolution}; expected at least {base_resolution}, "
                "the base_resolution"
            )
        self.levels = Levels(levels, base_resolution, finest_resolution, log2_hashmap_size)
        self.features, self.interpolation = levels * features_per_level, interpolation
        self.learning_rate, self.opened = learning_rate, levels
        rows = torch.empty(candidates, self.levels.offsets[-1], features_per_level)
        self.table = nn.Parameter(rows.uniform_(-1e-4, 1e-4, generator=generator))

    def forward(self, points: Tensor, owner: Tensor) -> Tensor:
        """Features from coarse to fine [M, L * F], see `hash_grid`; those of closed levels are zero."""
        return hash_grid(points, owner, self.table, self.levels, self.opened, self.interpolation)

    def open(self, fraction: float) -> None:
        """Opens levels from coarse to fine; the last one at 1."""
        self.opened = 1 + int(fraction * (self.levels.count - 1))

    def parameter_groups(self) -> list[ParameterGroup]:
        """``features``, with the settings of instant-ngp."""
        options = {"betas": (0.9, 0.99), "eps": 1e-15}
        return [ParameterGroup("features", [self.table], self.learning_rate, options=options)]

    @property
    def cell(self) -> float:
        """Side of a cell of the finest open level in a box of side 2."""
        return 2.0 / self.levels.scales[self.opened - 1]
