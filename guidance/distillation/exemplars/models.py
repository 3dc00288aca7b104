"""ModelLibrary: models in three dimensions that a prior asks to be drawn."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Literal

from torch import Tensor

Shows = Literal["rgb", "normal"]
"""What pictures of models show: colours, or normals as colours (see `Channel`)."""


class ModelLibrary(ABC):
    """Models with captions. They are made and drawn only when they are asked for."""

    name: str
    """For messages."""

    captions: list[str]
    """What the models are; texts that match none of them word for word are compared with these."""

    def makes(self, text: str) -> bool:
        """Whether the library makes a model of just these words, which need not be among its captions."""
        return text in self.captions

    @abstractmethod
    def draw(
        self, text: str, camera_to_world: Tensor, world_to_clip: Tensor, side: int, shows: Shows = "rgb"
    ) -> Tensor:
        """A model, in the unit sphere.

        Args:
            text: one of the captions, or something that the library `makes`.
            camera_to_world: of N cameras [N, 4, 4].
            world_to_clip: ditto; what lies in -1..1 is in the picture.
            side: height and width of the pictures in pixels.
            shows: what is in them.

        Returns:
            Colour times alpha, and alpha [N, 4, side, side] in 0..1; normals are opaque.
        """


class ModelLibraries(ABC):
    """Opens libraries of models by the place that stands behind ``exemplars:`` in a config."""

    @abstractmethod
    def open(self, place: str) -> ModelLibrary | None:
        """The library at a place, None where there are no models.

        Raises:
            InputError: there are models that cannot be read.
        """
