"""Captions by CLIP alone: the words of a list that fit a picture best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from guidance.prompt import embed_phrases
from limn.errors import InputError

BEAM = 4
"""Captions that are kept from round to round."""

GAIN = 0.005
"""Cosine that a word has to add."""


@dataclass(frozen=True)
class Caption:
    """Words for a picture.

    Args:
        text: the words.
        cosine: of their embedding and the picture's.
    """

    text: str
    cosine: float


@torch.no_grad()
def caption(
    picture: Tensor,
    encoder: Encoder,
    names: Sequence[str] | None = None,
    words: Sequence[str] = (),
    template: str = "{}",
    most: int = 3,
) -> list[Caption]:
    """The best captions of a picture: a name, and before or behind it words that bring it nearer.

    Args:
        picture: its embedding, or any target [D], of any length.
        encoder: that made it.
        names: of things; those of the encoder's own world unless given.
        words: that may be added, such as colours, ``and a dog`` or ``on a beach``.
        template: into which a caption is put, like "a photo of {}".
        most: words that are added at most.

    Returns:
        The best first, `BEAM` at most.

    Raises:
        InputError: there are no names.

    Source: in place of ZeroCap (Tewel et al. 2022), whose language model has no place offline; a beam search.
    """
    names = list(encoder.concepts or ()) if names is None else list(names)
    if not names:
        raise InputError(f"caption: encoder {encoder.name!r} needs names to choose from")
    unit = F.normalize(picture, dim=-1)
    best = _best(names, unit, encoder, template)
    for _ in range(most if words else 0):
        longer = [f"{word} {one.text}" for one in best for word in words if word not in one.text.split()]
        longer += [f"{one.text} {word}" for one in best for word in words if word not in one.text.split()]
        added = [one for one in _best(longer, unit, encoder, template) if one.cosine > best[0].cosine + GAIN]
        if not added:
            break
        best = sorted([*added, *best], key=lambda one: -one.cosine)[:BEAM]
    return best


def _best(texts: Sequence[str], unit: Tensor, encoder: Encoder, template: str) -> list[Caption]:
    if not texts:
        return []
    cosines = embed_phrases(texts, encoder, [template]) @ unit
    values, order = cosines.topk(min(BEAM, len(texts)))
    return [Caption(texts[k], value) for value, k in zip(values.tolist(), order.tolist(), strict=True)]
