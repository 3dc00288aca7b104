"""Noise: what a generator makes pictures of, as the geometry behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from limn.geometry import Geometry


@dataclass(frozen=True)
class Noise(Geometry):
    """Noise behind pictures.

    Args:
        values: of S candidates [S, C, h, w].
    """

    noun: ClassVar[str] = "the noise of a generator"
    per_candidate: ClassVar[tuple[str, ...]] = ("values",)

    values: Tensor
