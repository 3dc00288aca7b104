"""Losses of words by what an encoder makes of a store of pictures with captions (Implicit Inversion 2025)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from torch import Tensor

from guidance.distillation.exemplars.embeddings import embeddings, embeddings_of_captions
from guidance.distillation.exemplars.pictures import read_collection
from guidance.embedding.neighbours import aligned, blend
from guidance.encoders import Encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.losses.text import Distance, TextSimilarity
from guidance.prompt import Prompt
from limn.ranges import Positive

Count = Annotated[int, Field(ge=1, le=100_000)]
Pairs = Annotated[int, Field(ge=0, le=100_000)]


def in_store(words: Tensor, encoder: Encoder, store: str, pairs: int) -> tuple[Tensor, Tensor]:
    """Where pictures of such words lie to an encoder, by a store of pictures with captions.

    Args:
        words: [P, D], of any length.
        encoder: that read the words.
        store: see `read_collection`; "" for the shipped exemplars.
        pairs: see `aligned`.

    Returns:
        The `aligned` words [P, D], and the pictures of the store [K, D], all of length 1.

    Raises:
        InputError: a store that cannot be read.
    """
    collection = read_collection(store)
    pictures = embeddings(encoder, collection)
    return aligned(words, embeddings_of_captions(encoder, collection), pictures, pairs), pictures


class TextAligned(TextSimilarity):
    """`text_similarity` of the mean look to the prompt turned to where pictures lie, see `aligned`.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show.
        distance: ``cosine`` or ``spherical``.
        store: pictures with captions, see `read_collection`; "" for the shipped exemplars.
        pairs: how many of them say where pictures of such words lie; 0 turns no words.

    Raises:
        InputError: a store that cannot be read.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        distance: Distance = "cosine",
        store: str = "",
        pairs: Pairs = 64,
    ) -> None:
        super().__init__(encoder, prompt, distance, together=True)
        self.text, _ = in_store(self.text, encoder.encoder, store, pairs)


class TextBlend(TextSimilarity):
    """`text_similarity` of the mean look to real pictures: the `blend` of those nearest to the aligned prompt.

    Args:
        encoder: looks at the pictures.
        prompt: what they should show.
        distance: ``cosine`` or ``spherical``.
        store: pictures with captions, see `read_collection`; "" for the shipped exemplars.
        pairs: how many of them say where pictures of such words lie; 0 turns no words.
        count: how many pictures are blended.
        temperature: of the softmax over their cosines.

    Raises:
        InputError: a store that cannot be read.
    """

    def __init__(
        self,
        encoder: AugmentedEncoder,
        prompt: Prompt,
        distance: Distance = "cosine",
        store: str = "",
        pairs: Pairs = 64,
        count: Count = 8,
        temperature: Positive = 0.05,
    ) -> None:
        super().__init__(encoder, prompt, distance, together=True)
        self.text = blend(*in_store(self.text, encoder.encoder, store, pairs), count, temperature)
