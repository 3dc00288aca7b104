"""Comparisons: losses that set pictures beside a target. A new one says what it compares and how far that is apart."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Generic, TypeVar

from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.filters import fitted
from guidance.loss import Loss
from guidance.target import Target
from limn.frames import Frames
from limn.step import Step

R = TypeVar("R")


class PictureComparison(Loss):
    """A comparison of the pictures themselves, as they are or as `represent` makes something of them.

    Args:
        target: a fixed picture, which is resized to the pictures where their sizes differ, or one for each view.
    """

    def __init__(self, target: Target) -> None:
        super().__init__()
        self.target = target
        self._represented: tuple[tuple[int, ...], Tensor] | None = None

    def represent(self, rgb: Tensor) -> Tensor:
        """What is compared of pictures.

        Args:
            rgb: [N, 3, H, W] in 0..1.

        Returns:
            [N, ...].
        """
        return rgb

    def represent_target(self, rgb: Tensor) -> Tensor:
        """What is compared of the target; the same unless a subclass says otherwise."""
        return self.represent(rgb)

    @abstractmethod
    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """How far pictures are from the target.

        Args:
            pictures: representations of S candidates in V views [S, V, ...].
            target: of the target [1 or S, 1 or V, ...].

        Returns:
            [S].
        """

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        seen = self.target.counted(frames, step)
        return self.distance(_by_view(self.represent, seen.rgb), self._of_target(frames, step))

    def _of_target(self, frames: Frames, step: Step) -> Tensor:
        size = frames.rgb.shape[-2:]
        if self.target.fixed and self._represented is not None and self._represented[0] == tuple(size):
            return self._represented[1]
        target = self.target.frames(frames, step).rgb
        found = _by_view(lambda rgb: self.represent_target(fitted(rgb, *size)), target)
        if self.target.fixed:
            self._represented = tuple(size), found
        return found


def _by_view(represent: Callable[[Tensor], Tensor], rgb: Tensor) -> Tensor:
    """Representations [S, V, ...] of pictures [S, V, 3, H, W]."""
    found = represent(rgb.flatten(0, 1))
    return found.view(*rgb.shape[:2], *found.shape[1:])


class EncodedComparison(Loss, Generic[R]):
    """A comparison of what an encoder makes of pictures and target, both seen through the same augmentations.

    Args:
        encoder: looks at both.
        target: a fixed picture, one for each view, or what an encoder made of examples.
    """

    def __init__(self, encoder: AugmentedEncoder, target: Target) -> None:
        super().__init__()
        self.encoder, self.target = encoder, target

    @abstractmethod
    def read(self, encoded: Encoded) -> R:
        """What is compared: the embedding [S, N, D], layers [S, N, ...], or statistics of them."""

    @abstractmethod
    def distance(self, pictures: R, target: R) -> Tensor:
        """How far pictures are from the target [S].

        Args:
            pictures: of S candidates in N looks.
            target: of the target in K looks, of which N is a multiple.
        """

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        target = self.read(self.encoder.target(self.target, frames, step))
        return self.distance(self.read(self.encoder(self.target.counted(frames, step), step)), target)
