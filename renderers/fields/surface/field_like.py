"""FieldLike: what surfaces are taken from."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from torch import Tensor

from limn.cameras import Cameras
from limn.frames import Frames


@runtime_checkable
class FieldLike(Protocol):
    """S fields in the box -1..1 and how they look."""

    @property
    def level(self) -> float:
        """The raw value that is the surface, where pictures do not say it better."""

    @property
    def inside_above(self) -> bool:
        """Whether raw values inside are above the level, as of densities, or below it, as of signed distances."""

    def raw(self, points: Tensor, candidate: int) -> Tensor:
        """Raw values [N] at points [N, 3]."""

    def density(self, points: Tensor, candidate: int) -> Tensor:
        """Density per unit of length [N] at points [N, 3]."""

    def colour(self, points: Tensor, candidate: int) -> Tensor:
        """Colours, sRGB in 0..1 [N, 3], at points [N, 3]."""

    def render(self, cameras: Cameras, size: tuple[int, int]) -> Frames:
        """Pictures of all candidates."""
