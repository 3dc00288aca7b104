"""Augmentations of colour: noise and jitter."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from guidance.augment.kinds import Augmentation, uniform
from limn.ranges import Fraction

LUMA = (0.299, 0.587, 0.114)
TO_YIQ = torch.tensor([LUMA, (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112)])


class Noise(Augmentation):
    """Adds Gaussian noise of a random strength.

    Args:
        strength: largest standard deviation, in units of the 0..1 range (0.1 in VQGAN-CLIP).
    """

    def __init__(self, strength: Fraction = 0.1) -> None:
        self.strength = strength

    def recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Adds the same noise to every picture of the P."""
        deviation = uniform(generator, 0.0, self.strength, pictures.shape[1], 1, 1, 1)
        noise = torch.randn(pictures.shape[1:], generator=generator)
        return pictures + (deviation * noise).to(pictures.device)


class Colour(Augmentation):
    """Jitters brightness, contrast, saturation and hue, in one linear map of the colours per view.

    Args:
        brightness: largest relative change.
        contrast: largest relative change, about each picture's mean grey.
        saturation: largest relative change.
        hue: largest turn of the hue, as a share of the full circle.
    """

    def __init__(
        self, brightness: Fraction = 0.1, contrast: Fraction = 0.1, saturation: Fraction = 0.1, hue: Fraction = 0.02
    ) -> None:
        self.brightness, self.contrast, self.saturation, self.hue = brightness, contrast, saturation, hue

    def recolour(self, pictures: Tensor, generator: torch.Generator) -> Tensor:
        """Applies one map of the colours per view."""
        count = pictures.shape[1]
        brightness, contrast, saturation = (
            uniform(generator, 1.0 - amount, 1.0 + amount, count)
            for amount in (self.brightness, self.contrast, self.saturation)
        )
        turn = 2.0 * math.pi * uniform(generator, -self.hue, self.hue, count)
        chroma = torch.zeros(count, 3, 3)
        chroma[:, 0, 0] = 1.0
        chroma[:, 1, 1] = chroma[:, 2, 2] = saturation * turn.cos()
        chroma[:, 1, 2], chroma[:, 2, 1] = -saturation * turn.sin(), saturation * turn.sin()
        matrix = brightness[:, None, None] * (torch.linalg.inv(TO_YIQ) @ chroma @ TO_YIQ)
        luma = torch.tensor(LUMA, device=pictures.device).view(3, 1, 1)
        grey = (pictures * luma).sum(dim=2).mean(dim=(2, 3))  # [P, count]
        pivot = grey * (brightness * (1.0 - contrast)).to(pictures.device)
        matrix = (contrast[:, None, None] * matrix).to(pictures.device)
        return torch.einsum("kij,pkjhw->pkihw", matrix, pictures) + pivot[:, :, None, None, None]
