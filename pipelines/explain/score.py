"""The score that is explained: the cosine of a result and words."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance import Encoder

AT_ONCE = 32
"""Pictures that the encoder looks at together."""


@dataclass(frozen=True)
class Score:
    """How like words pictures are to an encoder.

    Args:
        encoder: a CLIP.
        words: the phrase.
        text: its embedding, of length 1 [D].
    """

    encoder: Encoder
    words: str
    text: Tensor

    @classmethod
    def of(cls, encoder: Encoder, words: str) -> Score:
        """The score for words.

        Raises:
            InputError: the encoder knows no words.
        """
        return cls(encoder, words, F.normalize(encoder.encode_text([words])[0], dim=-1))

    def __call__(self, pictures: Tensor) -> Tensor:
        """Cosines [N] of pictures [N, 3, H, W], of any size; gradients flow."""
        parts = [self.encoder(some).embedding for some in torch.split(pictures, AT_ONCE)]
        return F.normalize(torch.cat(parts), dim=-1) @ self.text
