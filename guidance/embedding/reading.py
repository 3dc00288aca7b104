"""Reading: words and files as embeddings that can be added to each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.files import embed_pictures, pictures_in
from guidance.embedding.inversion import patches_of, word_of
from guidance.embedding.modality import centred
from guidance.embedding.statistics import Statistics, statistics_of
from guidance.encoders import Encoder
from guidance.prompt import embed_phrases
from guidance.templates import PLAIN

Space = Literal["sphere", "centred", "bridged", "raw"]

Once = Callable[[str, Callable[[], Tensor]], Tensor]
"""What a search found under a name before, or else finds now."""


def found_now(name: str, find: Callable[[], Tensor]) -> Tensor:
    """Keeps nothing."""
    return find()


class Reading:
    """Embeddings of words and files in one space.

    Args:
        encoder: reads and looks.
        space: ``sphere`` embeddings of length 1; ``centred`` those without what all words, or all pictures, share;
            ``bridged`` centred, and words turned to where their pictures lie; ``raw`` embeddings as they are, whose
            lengths count. ``centred`` and ``bridged`` need statistics of the encoder.
        templates: sentences into which words are put.
        once: keeps what inversions find.
    """

    def __init__(
        self,
        encoder: Encoder,
        space: Space = "sphere",
        templates: Sequence[str] = PLAIN,
        once: Once = found_now,
    ) -> None:
        self.encoder, self.space, self.templates, self.once = encoder, space, templates, once

    def words(self, text: str) -> Tensor:
        """The embedding of words [D]."""
        if self.space == "raw":
            return self.encoder.encode_text([t.replace("{}", text) for t in self.templates]).mean(dim=0)
        embedding = embed_phrases([text], self.encoder, self.templates)[0]
        if self.space == "sphere":
            return embedding
        embedding = centred(embedding, self._statistics.words.mean.to(embedding))
        return embedding if self.space == "centred" else self._statistics.rotation.to(embedding) @ embedding

    def pictures(self, pattern: str) -> Tensor:
        """The mean embedding of files [D]."""
        return self.seen(embed_pictures(pictures_in(pattern), self.encoder)).mean(dim=0)

    def style(self, pattern: str) -> Tensor:
        """The mean embedding of files without what all pictures share [D]."""
        rows = F.normalize(embed_pictures(pictures_in(pattern), self.encoder), dim=-1)
        return F.normalize(rows.mean(dim=0) - self._statistics.pictures.mean.to(rows), dim=-1)

    def as_picture(self, text: str) -> Tensor:
        """The embedding of a made-up picture that means words [D], see `patches_of`."""

        def find() -> Tensor:
            words = self.encoder.encode_text([text])[0]
            return patches_of(words, self.encoder, torch.Generator().manual_seed(0))

        return self.seen(self._once("as_picture", text, find))

    def as_words(self, pattern: str) -> Tensor:
        """The embedding of a word that means files [D], see `word_of`."""

        def find() -> Tensor:
            picture = embed_pictures(pictures_in(pattern), self.encoder).mean(dim=0)
            return word_of(picture, self.encoder, torch.Generator().manual_seed(0))

        return F.normalize(self._once("as_words", pattern, find), dim=-1)

    def _once(self, function: str, argument: str, find: Callable[[], Tensor]) -> Tensor:
        asked = f"{function} {argument} {self.encoder.name} {self.encoder.size}"
        name = f"{function}-{hashlib.sha256(asked.encode()).hexdigest()[:12]}"
        return self.once(name, find).to(next(self.encoder.parameters()).device)

    def seen(self, embeddings: Tensor) -> Tensor:
        """Un-normalised embeddings of pictures [..., D] in this space; gradients flow through."""
        if self.space == "raw":
            return embeddings
        if self.space == "sphere":
            return F.normalize(embeddings, dim=-1)
        return centred(embeddings, self._statistics.pictures.mean.to(embeddings))

    @cached_property
    def _statistics(self) -> Statistics:
        return statistics_of(self.encoder)
