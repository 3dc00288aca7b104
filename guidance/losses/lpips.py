"""LPIPS: learned perceptual similarity, on the layers of VGG16."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired
from guidance.target import Target
from guidance.vgg.outlines import EdgeDetector
from limn.errors import InputError

LAYERS = EdgeDetector.layers
"""The last layer of each block."""


def lpips(layers: Mapping[str, Tensor], target: Mapping[str, Tensor], heads: Mapping[str, Tensor]) -> Tensor:
    """How different pictures look: squared differences of normalised channels, weighted, summed over layers.

    Args:
        layers: name -> activations of S candidates in N looks [S, N, C, h, w].
        target: name -> those of the target in its looks [1 or S, K, C, h, w]; N is a multiple of K.
        heads: name -> what each channel counts [C], 0 or more.

    Returns:
        Mean over places and looks [S].

    Source: Zhang et al., The unreasonable effectiveness of deep features as a perceptual metric, 2018.
    """
    total = []
    for name, head in heads.items():
        x, y = paired(_normalised(layers[name]), _normalised(target[name]))
        far = ((x - y).square() * head.view(-1, 1, 1)).sum(dim=3)
        total.append(far.flatten(1).mean(dim=1))
    return torch.stack(total).sum(dim=0)


def _normalised(layer: Tensor) -> Tensor:
    return layer / (layer.square().sum(dim=2, keepdim=True).sqrt() + 1e-10)


def learned_heads() -> dict[str, Tensor]:
    """What each channel counts, as the package lpips ships it for VGG16.

    Raises:
        InputError: the package is not installed.
    """
    try:
        import lpips as package
    except ImportError as error:
        raise InputError("lpips needs the package lpips: pip install -e '.[lpips]'") from error
    file = Path(package.__file__).parent / "weights" / "v0.1" / "vgg.pth"
    state = torch.load(file, map_location="cpu", weights_only=True)
    return {name: state[f"lin{number}.model.1.weight"].flatten() for number, name in enumerate(LAYERS)}


class Lpips(EncodedComparison[dict[str, Tensor]]):
    """`lpips` to the target, with the heads that the package lpips ships.

    They were learned on torchvision's weights: ``encoder: torchvision-vgg16:IMAGENET1K_V1`` is LPIPS itself, ``vgg`` a
    measure like it.

    Args:
        encoder: looks at pictures and target: a VGG16.
        target: a fixed picture, or one for each view.

    Raises:
        InputError: the package lpips is not installed, or the encoder is no VGG16.
    """

    def __init__(self, encoder: AugmentedEncoder, target: Target) -> None:
        super().__init__(encoder, target)
        encoder.require(*LAYERS)
        device = next(encoder.encoder.parameters()).device
        self.heads = {name: head.to(device) for name, head in learned_heads().items()}

    def read(self, encoded: Encoded) -> dict[str, Tensor]:
        """The layers that LPIPS looks at [S, N, C, h, w]."""
        return {name: encoded.layers[name] for name in LAYERS}

    def distance(self, pictures: dict[str, Tensor], target: dict[str, Tensor]) -> Tensor:
        """`lpips`."""
        return lpips(pictures, target, self.heads)
