"""Inversion into the other modality: a word that means a picture, and a picture that means words."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from guidance.embedding.metrics import cosine_distance
from guidance.embedding.minimise import minimise
from guidance.embedding.soft_words import SoftPhrase
from guidance.encoders import Encoder
from limn.errors import InputError

DEVIATION = 0.02
"""Of the vectors that inversion begins with."""


def word_of(
    picture: Tensor,
    encoder: Encoder,
    generator: torch.Generator,
    words: str = "a photo of",
    count: int = 1,
    steps: int = 150,
) -> Tensor:
    """The embedding of words with a new word whose meaning is a picture, so that words are compared with words (OTI).

    Args:
        picture: its embedding [D], of any length.
        encoder: that made it.
        generator: of the start.
        words: that stand before the new one.
        count: vectors of the new word.
        steps: of AdamW.

    Returns:
        [D], un-normalised, among the embeddings of words.

    Source: Mistretta et al. 2025, Cross the Gap, optimisation-based textual inversion: AdamW, rate 0.02, decay 0.01.
    """
    phrase = SoftPhrase(encoder, words, count)
    start = DEVIATION * torch.randn(count, phrase.width, generator=generator)
    wanted = picture.detach()
    found = minimise(
        start.to(wanted), lambda vectors: cosine_distance(phrase.embed(vectors), wanted), steps, rate=0.02, decay=0.01
    )
    with torch.no_grad():
        return phrase.embed(found)


def patches_of(words: Tensor, encoder: Encoder, generator: torch.Generator, side: int = 2, steps: int = 1000) -> Tensor:
    """The embedding of a made-up picture that means words, so that pictures are compared with pictures (OVI).

    Args:
        words: their embedding [D], of any length.
        encoder: that made it.
        generator: of the start.
        side: patches of a side that are free; they are enlarged to all that the tower has. The paper takes 1 or 2.
        steps: of AdamW.

    Returns:
        [D], un-normalised, among the embeddings of pictures.

    Source: Mistretta et al. 2025, Cross the Gap, optimisation-based visual inversion.
    """
    patches = _Patches(encoder)
    start = DEVIATION * torch.randn(patches.channels, side, side, generator=generator)
    wanted = words.detach()
    found = minimise(
        start.to(wanted), lambda map_: cosine_distance(patches.embed(map_), wanted), steps, rate=0.02, decay=0.01
    )
    with torch.no_grad():
        return patches.embed(found)


class _Patches:
    """An image tower that is shown a map of its first convolution's channels in place of a picture."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        found = next((m for m in encoder.tower.modules() if isinstance(m, nn.Conv2d)), None)
        if found is None:
            raise InputError(f"encoder {encoder.name!r} has no patches that are known here")
        self.first, self.channels = found, found.out_channels
        weight = next(encoder.parameters())
        self.blank = torch.zeros(1, 3, *encoder.size, device=weight.device)

    def embed(self, map_: Tensor) -> Tensor:
        """The un-normalised embedding of a map [channels, side, side], enlarged to the tower's own; [D]."""

        def put(module: nn.Module, given: Any, output: Tensor) -> Tensor:
            return F.interpolate(map_[None], output.shape[-2:], mode="nearest").to(output)

        hook = self.first.register_forward_hook(put)
        try:
            return self.encoder.encode_image(self.blank).embedding[0]
        finally:
            hook.remove()
