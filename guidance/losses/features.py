"""Losses between the inner activations that an encoder has for pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired
from guidance.target import Target
from limn.ranges import Number

Distance = Literal["l2", "l1", "cosine"]


def layer_features(
    layers: Mapping[str, Tensor], target: Mapping[str, Tensor], weights: Mapping[str, float], distance: Distance = "l2"
) -> Tensor:
    """How far the activations of pictures are from those of a target: weighted sum over layers, mean over the rest.

    Args:
        layers: name -> activations of S candidates in N looks [S, N, C, h, w].
        target: name -> activations of the target in its looks [1, K, C, h, w]; N is a multiple of K.
        weights: name -> weight of the layer.
        distance: ``l2`` (x - y)^2, ``l1`` |x - y|, or ``cosine`` 1 - cos along the channels.

    Returns:
        [S].

    Source: CLIPasso, sum over layers of the mean of (F(sketch) - F(target))^2.
    """
    total = []
    for name, weight in weights.items():
        x, y = paired(layers[name], target[name])
        far = 1.0 - F.cosine_similarity(x, y, dim=3) if distance == "cosine" else x - y
        if distance == "l2":
            summed: Tensor = _SumOfSquares.apply(far)
        else:
            summed = far.abs().sum(dim=tuple(range(1, far.dim())))
        # A mean and torch's own losses take twice as long: their gradients are divided number by number.
        total.append(summed * (weight / far[0].numel()))
    return torch.stack(total).sum(dim=0)


class _SumOfSquares(torch.autograd.Function):
    """Per candidate [S]; torch's own square makes four more tensors of the size of the layer on its way."""

    @staticmethod
    def forward(ctx: Any, numbers: Tensor) -> Tensor:
        ctx.save_for_backward(numbers)
        lengths: Tensor = torch.linalg.vector_norm(numbers, dim=tuple(range(1, numbers.dim())))
        return lengths.square()

    @staticmethod
    def backward(ctx: Any, pull: Tensor) -> Tensor:
        numbers: Tensor = ctx.saved_tensors[0]
        return numbers * (2.0 * pull).view(-1, *[1] * (numbers.dim() - 1))


class LayerFeatures(EncodedComparison[dict[str, Tensor]]):
    """`layer_features` of the target: its content (Gatys et al. 2016), place by place.

    Args:
        encoder: looks at pictures and target.
        target: a picture, one for each view, or layers.
        layers: name of a layer of the encoder -> weight; at least one.
        distance: ``l2``, ``l1`` or ``cosine``.

    Raises:
        InputError: no layer, or one that the encoder does not have.
    """

    def __init__(
        self, encoder: AugmentedEncoder, target: Target, layers: dict[str, Number], distance: Distance = "l2"
    ) -> None:
        super().__init__(encoder, target)
        encoder.require(*layers)
        self.layers, self.metric = layers, distance

    def read(self, encoded: Encoded) -> dict[str, Tensor]:
        """All layers that the encoder was asked for [S, N, C, h, w]."""
        return encoded.layers

    def distance(self, pictures: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
        """`layer_features`."""
        return layer_features(pictures, target, self.layers, self.metric)
