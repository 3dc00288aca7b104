"""ModelLibrary: models in three dimensions that a prior asks to be shown from many sides."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class ModelViews:
    """Pictures of one model from many sides, over white; in each the origin is in the middle.

    Args:
        pictures: uint8 [V, 3, side, side].
        azimuth: of the cameras in radians, 0 in front [V].
        elevation: in radians, 0 at eye level [V].
        size: what 1 at the origin is in the pictures, of half their height; see `Sight`.
    """

    pictures: Tensor
    azimuth: Tensor
    elevation: Tensor
    size: float


class ModelLibrary(ABC):
    """Models with captions. They are drawn only when they are asked for."""

    name: str
    """For messages."""

    captions: list[str]
    """What the models are; texts that match none of them word for word are compared with these."""

    def makes(self, text: str) -> bool:
        """Whether the library makes a model of just these words, which need not be among its captions."""
        return text in self.captions

    @abstractmethod
    def views(self, text: str, side: int) -> ModelViews:
        """A model from many sides.

        Args:
            text: one of the captions, or something that the library `makes`.
            side: height and width of the pictures in pixels.
        """


class ModelLibraries(ABC):
    """Opens libraries of models by the place that stands behind ``exemplars:`` in a config."""

    @abstractmethod
    def open(self, place: str) -> ModelLibrary | None:
        """The library at a place, None where there are no models.

        Raises:
            InputError: there are models that cannot be read.
        """
