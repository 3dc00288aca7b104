"""Guides: where of pictures a loss takes its statistics, at the places of each layer of an encoder."""

from __future__ import annotations

import torch
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.filters import fitted
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames
from limn.step import Step

LEAST = 1e-6
"""Of the sum of a guide: a look that shows nothing of a region has no statistics."""


def guided(layer: Tensor, mask: Tensor | None = None) -> Tensor:
    """How much each place of a layer counts; the sum over places is 1, or 0 where a look shows nothing of the mask.

    Args:
        layer: activations of S candidates in N looks [S, N, C, h, w].
        mask: 0..1 in each look at any size [1 or K, 1, H, W], of whose number K the looks N are a multiple; all places
            alike when None.

    Returns:
        [1, 1 or N, 1, h, w].

    Source: Gatys et al., Controlling perceptual factors in neural style transfer, 2017. The masks are averaged to the
    size of a layer, as the "simple" guides there.
    """
    height, width = layer.shape[-2:]
    if mask is None:
        return layer.new_full((1, 1, 1, height, width), 1.0 / (height * width))
    small = fitted(mask.to(layer), height, width)
    weights = small / small.sum(dim=(-2, -1), keepdim=True).clamp_min(LEAST)
    return weights.repeat(layer.shape[1] // len(mask) if len(mask) > 1 else 1, 1, 1, 1)[None]


def drawn(weights: Tensor, count: int, draws: torch.Generator) -> Tensor:
    """Places drawn as often as a guide wants them.

    Args:
        weights: 0 or more [B, h, w].
        count: how many of each, with repetition.
        draws: random numbers, on the CPU.

    Returns:
        Indices of flat places [B, count].
    """
    flat = weights.detach().flatten(1).cpu().double()
    return torch.multinomial(flat + LEAST**2, count, replacement=True, generator=draws).to(weights.device)


class Guides:
    """Masks of what an encoder looks at in a step: of the pictures where a region lies, of a target what counts there.

    Args:
        encoder: looks.
        target: what the pictures are compared with; its weight is its mask. One for each view has the region's.
        region: of the canvas; all of it when None.
    """

    def __init__(self, encoder: AugmentedEncoder, target: Target, region: Region | None) -> None:
        self.encoder, self.target, self.region = encoder, target, region

    def __call__(self, frames: Frames, step: Step) -> tuple[Tensor | None, Tensor | None]:
        """Masks of the looks [K, 1, h, w] at the pictures and at the target; None where all counts."""
        here = None
        if self.region is not None:
            here = self.encoder.guides(self.region.guide(*frames.rgb.shape[-2:]).to(frames.rgb), step)
        if not self.target.fixed:
            return here, here
        there = self.target.weight
        return here, None if there is None else self.encoder.guides(there.to(frames.rgb), step)
