"""Outlines: pictures have the outlines that another picture has, as an edge detector sees both."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoded
from guidance.losses.comparison import EncodedComparison
from guidance.losses.pairs import paired
from guidance.target import Target
from guidance.vgg.outlines import EdgeDetector
from limn.errors import InputError


def outlines(found: Tensor, wanted: Tensor, scales: tuple[int, ...] = (1, 2, 4)) -> Tensor:
    """How little outlines agree: the mean over looks and scales of 1 - cos.

    Args:
        found: how surely there is an outline in S candidates in N looks [S, N, 1, h, w] in 0..1.
        wanted: the same of the target in its looks [1 or S, K, 1, h, w]; N is a multiple of K.
        scales: widths in pixels of the boxes over which both are averaged first; wide ones attract what is far.

    Returns:
        0..1 [S]; 1 where nothing overlaps.
    """
    far = []
    for scale in scales:
        x, y = paired(_averaged(found, scale), _averaged(wanted, scale))
        far.append(1.0 - F.cosine_similarity(x.flatten(3), y.flatten(3), dim=-1, eps=1e-2))
    return torch.stack(far).mean(dim=0).flatten(1).mean(dim=1)


def _averaged(maps: Tensor, scale: int) -> Tensor:
    flat = maps.flatten(0, 1)
    pooled = F.avg_pool2d(flat, min(scale, *flat.shape[-2:]), ceil_mode=True)
    return pooled.view(*maps.shape[:2], *pooled.shape[1:])


Scale = Annotated[int, Field(ge=1, le=64)]


class Outlines(EncodedComparison[Tensor]):
    """`outlines` of the target, as HED (Xie and Tu 2015) sees them.

    Args:
        encoder: looks at pictures and target: ``vgg``, whose side outputs find edges.
        target: a fixed picture, or one for each view.
        scales: see `outlines`.

    Raises:
        InputError: the encoder does not find edges.
    """

    def __init__(self, encoder: AugmentedEncoder, target: Target, scales: tuple[Scale, ...] = (1, 2, 4)) -> None:
        super().__init__(encoder, target)
        if not isinstance(encoder.encoder.model, EdgeDetector):
            raise InputError(f"outlines: encoder {encoder.encoder.name!r} finds no outlines; expected encoder: vgg")
        if not scales:
            raise InputError("outlines: scales is empty; expected widths in pixels, like [1, 2, 4]")
        self.detector = encoder.encoder.model
        self.scales = scales
        encoder.require(*EdgeDetector.layers)

    def read(self, encoded: Encoded) -> Tensor:
        """How surely there is an outline [S, N, 1, h, w]."""
        layers = {name: encoded.layers[name] for name in EdgeDetector.layers}
        shape = layers[EdgeDetector.layers[0]].shape[:2]
        found = self.detector.outlines({name: x.flatten(0, 1) for name, x in layers.items()})
        return found.view(*shape, *found.shape[1:])

    def distance(self, pictures: Tensor, target: Tensor) -> Tensor:
        """`outlines`."""
        return outlines(pictures, target, self.scales)
