"""Statistics of an encoder's layers: what is left of a picture when places are forgotten is its style."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping

import torch
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired
from guidance.target import Target
from limn.errors import InputError
from limn.ranges import Number


def gram_matrix(layer: Tensor) -> Tensor:
    """How often channels are active together: the mean over places of their products.

    Args:
        layer: [..., C, h, w].

    Returns:
        [..., C, C].

    Source: Gatys, Ecker and Bethge, Image style transfer using convolutional neural networks, 2016.
    """
    flat = layer.flatten(-2)
    return flat @ flat.mT / flat.shape[-1]


def channel_moments(layer: Tensor) -> Tensor:
    """Mean and standard deviation over places of each channel.

    Args:
        layer: [..., C, h, w].

    Returns:
        [..., 2, C].

    Source: Li et al., Demystifying neural style transfer, 2017; Huang and Belongie, AdaIN, 2017.
    """
    flat = layer.flatten(-2)
    return torch.stack([flat.mean(dim=-1), (flat.var(dim=-1, correction=0) + 1e-8).sqrt()], dim=-2)


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

    Raises:
        InputError: no layer, or one that the encoder does not have.
    """

    def __init__(self, encoder: AugmentedEncoder, target: Target, layers: dict[str, Number]) -> None:
        super().__init__(encoder, target)
        if not layers:
            raise InputError("layers is empty; expected weights, like {relu1_1: 1.0, relu2_1: 1.0}")
        encoder.require(*layers)
        self.layers = layers

    @abstractmethod
    def statistics(self, layer: Tensor) -> Tensor:
        """Statistics [S, N, ...] of a layer [S, N, C, h, w]."""

    def read(self, encoded: Encoded) -> dict[str, Tensor]:
        """Statistics of each layer [S, N, ...]."""
        return {name: self.statistics(encoded.layers[name]) for name in self.layers}

    def distance(self, pictures: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
        """`statistics_distance`."""
        return statistics_distance(pictures, target, self.layers)


class Gram(LayerStatistics):
    """How far Gram matrices (`gram_matrix`) are from the target's: the style of Gatys et al. 2016."""

    def statistics(self, layer: Tensor) -> Tensor:
        """`gram_matrix`."""
        return gram_matrix(layer)


class Moments(LayerStatistics):
    """How far means and standard deviations of channels (`channel_moments`) are from the target's."""

    def statistics(self, layer: Tensor) -> Tensor:
        """`channel_moments`."""
        return channel_moments(layer)
