"""Statistics of an encoder's layers: what is left of a picture when places are forgotten is its style."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.guides import Guides, guided
from guidance.losses.pairs import paired
from guidance.region import Region
from guidance.target import Target
from limn.frames import Frames
from limn.ranges import Number
from limn.step import Step


def gram_matrix(layer: Tensor, guide: Tensor | None = None) -> Tensor:
    """How often channels are active together: the mean over places of their products.

    Args:
        layer: [..., C, h, w].
        guide: how much each place counts [..., 1, h, w], of sum 1; all alike when None.

    Returns:
        [..., C, C].

    Source: Gatys, Ecker and Bethge, Image style transfer using convolutional neural networks, 2016.
    """
    # Channels last, as towers leave their layers: nothing is copied.
    flat = layer.movedim(-3, -1).flatten(-3, -2)
    if guide is not None:
        return (flat * guide.flatten(-2).mT).mT @ flat
    gram: Tensor = _Products.apply(flat)
    return gram


class _Products(torch.autograd.Function):
    """Mean products of channels [..., C, C] of [..., P, C]; torch's own backward pass multiplies twice."""

    @staticmethod
    def forward(ctx: Any, flat: Tensor) -> Tensor:
        ctx.save_for_backward(flat)
        return flat.mT @ flat / flat.shape[-2]

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> Tensor:
        (flat,) = ctx.saved_tensors
        products: Tensor = flat @ ((pull + pull.mT) / flat.shape[-2])
        return products


def channel_moments(layer: Tensor, guide: Tensor | None = None) -> Tensor:
    """Mean and standard deviation over places of each channel.

    Args:
        layer: [..., C, h, w].
        guide: how much each place counts [..., 1, h, w], of sum 1; all alike when None.

    Returns:
        [..., 2, C].

    Source: Li et al., Demystifying neural style transfer, 2017; Huang and Belongie, AdaIN, 2017.
    """
    flat = layer.flatten(-2)
    if guide is None:
        mean, variance = flat.mean(dim=-1), flat.var(dim=-1, correction=0)
    else:
        weights = guide.flatten(-2)
        mean = (flat * weights).sum(dim=-1)
        variance = ((flat - mean[..., None]).square() * weights).sum(dim=-1)
    return torch.stack([mean, (variance + 1e-8).sqrt()], dim=-2)


def statistics_distance(
    statistics: Mapping[str, Tensor], target: Mapping[str, Tensor], weights: Mapping[str, float]
) -> Tensor:
    """Sum over layers of weight x |x - y|^2 / |y|^2, mean over looks.

    What the target has is the measure, so that all layers and encoders count alike, whatever the size of their numbers.

    Args:
        statistics: name of a layer -> its statistics in S candidates and N looks [S, N, ...].
        target: of the target in its looks [1 or S, K, ...]; N is a multiple of K.
        weights: name of a layer -> weight.

    Returns:
        [S].
    """
    total = []
    for name, weight in weights.items():
        x, y = (each.flatten(3) for each in paired(statistics[name], target[name]))
        far = (x - y).square().sum(dim=-1) / y.square().sum(dim=-1).clamp_min(1e-12)
        total.append(weight * far.flatten(1).mean(dim=1))
    return torch.stack(total).sum(dim=0)


class LayerStatistics(EncodedComparison[dict[str, Tensor]]):
    """`statistics_distance` of statistics that a subclass names.

    Args:
        encoder: looks at pictures and target.
        target: a picture, one for each view, or layers.
        layers: name of a layer of the encoder -> weight; at least one.
        region: of the canvas, where statistics are taken; all of it when None. The weight of a target says where its
            own are taken.

    Raises:
        InputError: no layer, or one that the encoder does not have.
    """

    def __init__(
        self, encoder: AugmentedEncoder, target: Target, layers: dict[str, Number], region: Region | None = None
    ) -> None:
        super().__init__(encoder, target)
        encoder.require(*layers)
        self.layers, self.guides = layers, Guides(encoder, target, region)
        self._kept: tuple[Encoded, dict[str, Tensor]] | None = None

    @abstractmethod
    def statistics(self, layer: Tensor, guide: Tensor | None) -> Tensor:
        """Statistics [S, N, ...] of a layer [S, N, C, h, w] where a guide [1, 1 or N, 1, h, w] has its weight."""

    def read(self, encoded: Encoded, mask: Tensor | None = None) -> dict[str, Tensor]:
        """Statistics of each layer [S, N, ...], where a mask of each look [K, 1, H, W] is white."""
        layers = {name: encoded.layers[name] for name in self.layers}
        return {
            name: self.statistics(layer, None if mask is None else guided(layer, mask))
            for name, layer in layers.items()
        }

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        here, there = self.guides(frames, step)
        pictures = self.read(self.encoder(frames, step), here)
        return self.distance(pictures, self._of_target(self.encoder.target(self.target, frames, step), there))

    def _of_target(self, encoded: Encoded, mask: Tensor | None) -> dict[str, Tensor]:
        """Statistics of the target; those of a look that is the same in every step are kept."""
        if self._kept is None or self._kept[0] is not encoded:
            self._kept = encoded, self.read(encoded, mask)
        return self._kept[1]

    def distance(self, pictures: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
        """`statistics_distance`."""
        return statistics_distance(pictures, target, self.layers)


class Gram(LayerStatistics):
    """How far Gram matrices (`gram_matrix`) are from the target's: the style of Gatys et al. 2016."""

    def statistics(self, layer: Tensor, guide: Tensor | None) -> Tensor:
        """`gram_matrix`."""
        return gram_matrix(layer, guide)


class Moments(LayerStatistics):
    """How far means and standard deviations of channels (`channel_moments`) are from the target's."""

    def statistics(self, layer: Tensor, guide: Tensor | None) -> Tensor:
        """`channel_moments`."""
        return channel_moments(layer, guide)
