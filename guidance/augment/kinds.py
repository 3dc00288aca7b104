"""Augmentation: what one kind of random change adds to a draw."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from limn.registry import Registry


class Augmentation:
    """A random change of pictures: of where they are looked at, of their colours, or of both.

    The constructor's arguments are its configuration, the first one in short form: ``{perspective: 0.5}``.
    """

    def geometry(self, count: int, generator: torch.Generator) -> Tensor | None:
        """Homographies [count, 3, 3] from the view to the picture, both in -1..1 (x right, y down); None: no change."""
        return None

    def recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Changes views [P, count, 3, h, w]; every picture of the P gets the same change."""
        return pictures


AUGMENTATIONS: Registry[Callable[..., Augmentation]] = Registry(
    "augmentation",
    {
        "affine": "guidance.augment.geometry:Affine",
        "colour": "guidance.augment.colour:Colour",
        "crop": "guidance.augment.geometry:Crop",
        "kornia": "guidance.augment.kornia:Kornia",
        "noise": "guidance.augment.colour:Noise",
        "perspective": "guidance.augment.geometry:Perspective",
    },
)
"""Augmentations by the name that a config uses."""


def uniform(generator: torch.Generator, low: float, high: float, *shape: int) -> Tensor:
    """Uniform random numbers between low and high."""
    return low + (high - low) * torch.rand(*shape, generator=generator)
