"""Depth in words: how far an encoder says that each patch of a picture is, against the depth that was rendered."""

from __future__ import annotations

from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders.augmented import AugmentedEncoder
from guidance.encoders.encoder import Encoder
from guidance.encoders.towers import DENSE
from guidance.filters import fitted
from guidance.loss import Loss
from guidance.prompt import embed_phrases
from limn.errors import InputError
from limn.frames import Frames
from limn.ranges import Number, Positive
from limn.step import Step

PHRASES = ("giant", "extremely close", "close", "not in distance", "a little remote", "far", "unseen")
BINS = (1.0, 1.5, 2.0, 2.25, 2.5, 2.75, 3.0)
TEMPLATE = "This object is {}"
TEMPERATURE = 0.001
"""DepthCLIP's words, the metres that they stand for in its rooms, its sentence, and its temperature: 0.1 / 100."""


def depth_from_words(patches: Tensor, text: Tensor, bins: Tensor, temperature: float = TEMPERATURE) -> Tensor:
    """How far an encoder says that patches are: the mean of bins by the softmax of the cosines with their words.

    Args:
        patches: embeddings [..., D, h, w], of any length, such as the layer `DENSE` of an encoder.
        text: of C words of distance [C, D], of any length.
        bins: the distance that each stands for [C].
        temperature: of the softmax.

    Returns:
        [..., h, w], between the least and the greatest bin.

    Source: Zhang et al., DepthCLIP, 2022. Its code halves the channels of the last layer to reach those of the words;
    here patches are in the space of the words.
    """
    cosines = torch.einsum("...dhw,cd->...hwc", F.normalize(patches, dim=-3), F.normalize(text, dim=-1))
    return (cosines / temperature).softmax(dim=-1) @ bins


def depth_agreement(depth: Tensor, told: Tensor, counts: Tensor) -> Tensor:
    """The correlation of two depth maps, which no scale and no shift of either changes.

    Args:
        depth: one of them [..., h, w].
        told: the other one.
        counts: how much each place counts, 0 or more.

    Returns:
        -1..1 [...]; 0 where a map has no differences.

    Source: Pearson's coefficient, with weights.
    """
    share = counts / counts.sum(dim=(-2, -1), keepdim=True).clamp_min(1e-6)
    x, y = (each - (share * each).sum(dim=(-2, -1), keepdim=True) for each in (depth, told))
    xy, xx, yy = ((share * product).sum(dim=(-2, -1)) for product in (x * y, x * x, y * y))
    return xy / (xx * yy + 1e-12).sqrt()


def depth_words(depth: Tensor, told: Tensor, counts: Tensor) -> Tensor:
    """1 - `depth_agreement`, the mean over views.

    Args:
        depth: of S candidates in V views [S, V, h, w].
        told: the depth in words.
        counts: how much each place counts, 0 or more.

    Returns:
        0..2 [S].
    """
    return (1.0 - depth_agreement(depth, told, counts)).mean(dim=1)


def words_of_depth(phrases: tuple[str, ...], bins: tuple[float, ...], encoder: Encoder) -> tuple[Tensor, Tensor]:
    """The embeddings of words of distance [C, D], in their sentence, and their bins [C].

    Raises:
        InputError: there are not as many of both, or fewer than two.
    """
    if len(phrases) != len(bins) or len(bins) < 2:
        raise InputError(f"depth_words: {len(phrases)} phrases for {len(bins)} bins; expected as many, two at least")
    text = embed_phrases(phrases, encoder, (TEMPLATE,))
    return text, torch.tensor(bins).to(text)


class DepthWords(Loss):
    """`depth_words` of the rendered depth and `depth_from_words`: what is near looks near.

    Distances in words are none in the units of a scene, so their order and proportions count alone. Only places where
    something is count. Gradients flow to the pictures and to the depth.

    Args:
        encoder: looks at the pictures without augmentation; the larger its ``encoder_size``, the more patches.
        phrases: words of distance, the nearest first.
        bins: the distance that each stands for.
        temperature: of the softmax over phrases.

    Raises:
        InputError: the encoder knows no words for patches, or there are not as many bins as phrases.
    """

    text: Tensor
    bins: Tensor

    def __init__(
        self,
        encoder: AugmentedEncoder,
        phrases: tuple[str, ...] = PHRASES,
        bins: tuple[Number, ...] = BINS,
        temperature: Positive = TEMPERATURE,
    ) -> None:
        super().__init__()
        self.encoder, self.temperature = encoder.encoder, temperature
        self.encoder.check_layers([DENSE])
        text, numbers = words_of_depth(phrases, bins, self.encoder)
        self.register_buffer("text", text, persistent=False)
        self.register_buffer("bins", numbers, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        if frames.depth is None:
            raise InputError("depth_words: this scene has no depth; only models and fields have")
        patches = self.encoder(frames.rgb.flatten(0, 1), [DENSE]).layers[DENSE]
        told = depth_from_words(patches, self.text, self.bins, self.temperature)
        depth, counts = depth_of_patches(frames.depth.flatten(0, 1), frames.alpha.flatten(0, 1), told, self.encoder)
        shape = *frames.rgb.shape[:2], *told.shape[1:]
        return depth_words(depth.view(shape), told.view(shape), counts.view(shape))


def depth_of_patches(depth: Tensor, alpha: Tensor, patches: Tensor, encoder: Encoder) -> tuple[Tensor, Tensor]:
    """The mean depth of what is in each patch that an encoder sees, and how much of the patch that is.

    Args:
        depth: of N pictures, 0 where nothing is [N, 1, H, W].
        alpha: coverage in 0..1 [N, 1, H, W].
        patches: of the wanted size [N, h, w].
        encoder: that sees the pictures.

    Returns:
        Both [N, h, w].
    """
    way = replace(encoder.preprocess, fill=0.0, interpolation="bilinear")
    both = fitted(way.fit(torch.cat([depth * alpha, alpha], dim=1)), *patches.shape[1:])
    return both[:, 0] / both[:, 1].clamp_min(1e-4), both[:, 1].detach()
