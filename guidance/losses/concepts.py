"""Concepts that are not wanted: pictures keep away from them, and words are freed of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from guidance.embedding.subspaces import basis_of, without
from guidance.encoders import Encoder
from guidance.encoders.augmented import AugmentedEncoder
from guidance.loss import Loss
from guidance.prompt import Phrase, Prompt, embed_phrases
from limn.frames import Frames
from limn.step import Step


def unwanted_concepts(embedding: Tensor, concepts: Tensor, margin: float = 0.8) -> Tensor:
    """How far pictures come too near to concepts: mean over looks of the sum of max(0, margin - (1 - cos)).

    Args:
        embedding: of S candidates in N looks [S, N, D], of any length.
        concepts: [C, D], of any length.
        margin: the least distance 1 - cos that is enough.

    Returns:
        [S], 0 where no concept is near.

    Source: the hinge of contrastive learning (Hadsell et al. 2006) against lists of unsafe concepts, as Safe-CLIP
    (Poppi et al. 2024) has them.
    """
    cosine = F.normalize(embedding, dim=-1) @ F.normalize(concepts, dim=-1).T
    return (margin - 1.0 + cosine).clamp_min(0.0).sum(dim=-1).mean(dim=1)


def without_concepts(text: Tensor, concepts: Sequence[str], encoder: Encoder) -> Tensor:
    """Embeddings of words without the directions of some concepts, which lead there from the empty text.

    Args:
        text: [P, D].
        concepts: words for each; none to leave the text as it is.
        encoder: reads them.

    Returns:
        [P, D].

    Source: Chuang et al., Debiasing Vision-Language Models via Biased Prompts, 2023.
    """
    if not concepts:
        return text
    known, empty = embed_phrases(concepts, encoder), embed_phrases([""], encoder)
    return F.normalize(without(text, basis_of(known - empty)), dim=-1)


class UnwantedConcepts(Loss):
    """`unwanted_concepts`: keeps pictures away from some.

    Args:
        encoder: looks at the pictures.
        concepts: words for what they should not show; at least one.
        margin: the least distance 1 - cos that is enough; with the usual CLIPs, pictures are at 0.65 to 0.75 from
            their captions and at 0.8 to 0.9 from others.
    """

    text: Tensor

    def __init__(
        self,
        encoder: AugmentedEncoder,
        concepts: Annotated[tuple[str, ...], Field(min_length=1)],
        margin: Annotated[float, Field(ge=0, le=2)] = 0.8,
    ) -> None:
        super().__init__()
        self.encoder, self.margin = encoder, margin
        text = Prompt(tuple(map(Phrase, concepts))).embed(encoder.encoder)
        self.register_buffer("text", text, persistent=False)

    def forward(self, frames: Frames, step: Step) -> Tensor:
        """One value per candidate [S]."""
        return unwanted_concepts(self.encoder(frames, step).embedding, self.text, self.margin)
