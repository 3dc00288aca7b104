"""CLIP R-Precision: whether pictures are retrieved by the words that they were made from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from guidance.encoders import Encoder
from guidance.prompt import embed_phrases
from limn.cameras import Cameras, orbit
from limn.errors import InputError
from limn.registry import suggestion


@dataclass(frozen=True)
class Retrieval:
    """What a picture is taken for.

    Args:
        caption: what it was made from.
        taken_for: the caption that is nearest to it.
        rank: of its own caption, 1 for the nearest.
    """

    caption: str
    taken_for: str
    rank: int


@dataclass(frozen=True)
class Precision:
    """CLIP R-Precision of several pictures.

    Args:
        mean: the share of pictures whose own caption is the nearest.
        error: the standard error of that share.
    """

    mean: float
    error: float

    @classmethod
    def of(cls, found: Sequence[Retrieval]) -> Precision:
        """The precision of one retrieval or more."""
        mean = sum(each.rank == 1 for each in found) / len(found)
        return cls(mean, math.sqrt(mean * (1 - mean) / len(found)))


def from_above() -> Cameras:
    """The view in which R-Precision looks at things: from 45 degrees above, which training is not to see so often."""
    return orbit(math.radians(30.0), math.radians(45.0), 2.5, math.radians(50.0))


def retrieve(pictures: Tensor, own: Sequence[str], captions: Sequence[str], encoder: Encoder) -> list[Retrieval]:
    """Finds the nearest of many captions to each picture, by cosine.

    Args:
        pictures: [N, 3, H, W] in 0..1, of `from_above`.
        own: what each was made from, N of ``captions``.
        captions: all that come into question; case, and points and commas at the ends, do not count.
        encoder: that judges; it should be another one than made the pictures.

    Raises:
        InputError: an own caption is not among the captions.

    Source: Park et al. 2021; the list, the view and the normalised captions as in Dream Fields (Jain et al. 2022), but
    without the full stop behind each, which small encoders have never met.
    """
    known = list(dict.fromkeys(_normal(caption) for caption in captions))
    for caption in own:
        if _normal(caption) not in known:
            near = suggestion(_normal(caption), known)
            raise InputError(f"retrieval: {caption!r} is not among the {len(known)} captions{near}")
    seen = F.normalize(encoder(pictures).embedding, dim=-1)
    cosine = seen @ embed_phrases(known, encoder).T
    found = []
    for row, caption in zip(cosine, own, strict=True):
        rank = int((row >= row[known.index(_normal(caption))]).sum())  # of what looks alike, the last
        found.append(Retrieval(caption, known[int(row.argmax())], rank))
    return found


def _normal(caption: str) -> str:
    return caption.lower().strip(" .,")
