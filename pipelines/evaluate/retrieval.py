"""CLIP R-Precision: whether pictures are retrieved by the words that they were made from."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

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
        hits = [float(each.rank == 1) for each in found]
        return cls(mean(hits), standard_error(hits))


def standard_error(values: Sequence[float]) -> float:
    """Of the mean: sd / sqrt(N) with the sample's sd (N - 1), as Dream Fields has it; nan for one value."""
    return stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan


def from_above(distance: float = 2.5, fov: float = 50.0) -> Cameras:
    """The view in which R-Precision looks at things: from 45 degrees above, which training is not to see so often.

    Args:
        distance: of the camera; Dream Fields has 4.
        fov: in degrees; Dream Fields has 39.6. The defaults fill the picture with a thing of radius 1.
    """
    return orbit(math.radians(30.0), math.radians(45.0), distance, math.radians(fov))


def dream_fields() -> list[str]:
    """The 153 captions of Dream Fields."""
    text = (Path(__file__).parent / "captions" / "dream_fields.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if not line.startswith("#")]


def retrieve(pictures: Tensor, own: Sequence[str], captions: Sequence[str], encoder: Encoder) -> list[Retrieval]:
    """`retrieved` of pictures [N, 3, H, W] in 0..1, of `from_above`, by an encoder."""
    return retrieved(encoder(pictures).embedding, own, captions, lambda texts: embed_phrases(texts, encoder))


def retrieved(
    seen: Tensor, own: Sequence[str], captions: Sequence[str], read: Callable[[list[str]], Tensor], stop: bool = False
) -> list[Retrieval]:
    """Finds the nearest of many captions to each picture, by cosine.

    Args:
        seen: embeddings of the pictures [N, D], of any length.
        own: what each was made from, N of ``captions``.
        captions: all that come into question; case, and points and commas at the ends, do not count.
        read: embeds captions as [C, D], each of length 1.
        stop: puts a full stop behind each caption, as Dream Fields does.

    Raises:
        InputError: an own caption is not among the captions.

    Source: Park et al. 2021; the view and the normalised captions as in Dream Fields (Jain et al. 2022).
    """
    known = list(dict.fromkeys(_normal(caption) for caption in captions))
    for caption in own:
        if _normal(caption) not in known:
            near = suggestion(_normal(caption), known)
            raise InputError(f"retrieval: {caption!r} is not among the {len(known)} captions{near}")
    cosine = F.normalize(seen, dim=-1) @ read([f"{caption}." for caption in known] if stop else known).T
    found = []
    for row, caption in zip(cosine, own, strict=True):
        rank = int((row >= row[known.index(_normal(caption))]).sum())  # of what looks alike, the last
        found.append(Retrieval(caption, known[int(row.argmax())], rank))
    return found


def _normal(caption: str) -> str:
    return caption.lower().strip(" .,")
