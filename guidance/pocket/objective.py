"""The training loss: which caption belongs to which picture, with every true caption right."""

from __future__ import annotations

import random
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from open_clip.model import CLIP
from torch import Generator, Tensor

from guidance.pocket.vocabulary import Compactor
from guidance.pocket.world.captions import ANY, Captions, Fact, recoloured, swapped
from guidance.pocket.world.compose import Composer, Mix, jigsaw

MEAN, STD = 0.5, 0.25


def embed_text(model: CLIP, rows: Tensor) -> Tensor:
    """Normalised text embeddings [N, D] of row numbers [N, L], L up to the context length.

    The same as ``model.encode_text``, without the padding of short texts.
    """
    length = rows.shape[1]
    x = model.token_embedding(rows) + model.positional_embedding[:length]
    x = model.transformer(x, attn_mask=model.attn_mask[:length, :length])
    x = model.ln_final(x)[torch.arange(len(rows)), rows.argmax(1)] @ model.text_projection
    return F.normalize(x.float(), dim=-1)


def prepare(pictures: Tensor) -> Tensor:
    """Pictures [N, 3, H, W] in 0..1 as the image tower takes them."""
    return ((pictures - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def embed_image(model: CLIP, pictures: Tensor) -> Tensor:
    """Normalised image embeddings [N, D] of pictures [N, 3, H, W] in 0..1."""
    return F.normalize(model.encode_image(prepare(pictures)).float(), dim=-1)


@dataclass
class Batch:
    """Pictures, some with captions; the last pictures show nothing that any caption says.

    Attributes:
        pictures: [N + M, 3, H, W] in 0..1.
        facts: int64 [N + M, 8].
        texts: row numbers [T + K, L]; the first T belong to the first T pictures, K more are near misses.
        claims: int64 [T + K, 8].
        count: N.
        captioned: T.
    """

    pictures: Tensor
    facts: Tensor
    texts: Tensor
    claims: Tensor
    count: int
    captioned: int


def draw_batch(
    composer: Composer, captions: Captions, compact: Compactor, counts: tuple[int, int, int], generator: Generator
) -> Batch:
    """Draw pictures, true captions, near misses among captions and pictures of nothing.

    Pictures of two objects come first, because only captions can teach relations.

    Args:
        composer: draws pictures.
        captions: writes captions.
        compact: texts -> row numbers.
        counts: pictures that show something, how many of them get a caption, and pictures of nothing: half scribbles,
            half pictures cut up and shuffled.
        generator: source of all choices.
    """
    count, captioned, nothing = counts
    rng = random.Random(int(torch.randint(1 << 62, (), generator=generator)))
    # Small chunks stay in the processor's cache: three times as fast.
    shown, facts = (
        torch.cat(parts) for parts in zip(*(composer.draw(32, generator) for _ in range(count // 32)), strict=True)
    )
    order = (facts[:, Fact.SECOND] < 0).long().argsort(stable=True)
    shown, facts = shown[order], facts[order]
    scribbles, none = composer.draw(nothing // 2, generator, Mix(0, 0, 0, 0, 0, 1.0))
    pictures = torch.cat([shown, scribbles, jigsaw(shown[-(nothing // 2) :], generator)])
    told = facts[:captioned]
    pairs = told[told[:, Fact.SECOND] >= 0]
    texts, claims = captions.describe(torch.cat([told, swapped(pairs), recoloured(pairs)]), rng)
    return Batch(pictures, torch.cat([facts, none, none]), compact(texts), claims, count, captioned)


def concept_claims(count: int) -> Tensor:
    """The claims [count, 8] of the bare names of all concepts."""
    claims = torch.full((count, len(Fact)), ANY)
    claims[:, Fact.OBJECT] = torch.arange(count)
    return claims


def contrastive_loss(image: Tensor, text: Tensor, bank: Tensor, truth: Tensor, batch: Batch, scale: Tensor) -> Tensor:
    """Symmetric cross entropy in which every true pair is an equal target.

    Args:
        image: [N + M, D], the last M show nothing.
        text: [T + K, D].
        bank: [C, D], embeddings of all concepts' names, more answers for the pictures.
        truth: bool [N + M, T + K + C].
        batch: for its counts N and T.
        scale: factor of the cosines.
    """
    right = truth[: batch.count].float()
    told = right.any(1)
    to_texts = scale * image[: batch.count][told] @ torch.cat([text, bank]).T
    loss = F.cross_entropy(to_texts, right[told] / right[told].sum(1, keepdim=True))
    right = truth[:, : batch.captioned].T.float()
    to_images = scale * text[: batch.captioned] @ image.T
    return (loss + F.cross_entropy(to_images, right / right.sum(1, keepdim=True))) / 2


def prototype_loss(
    image: Tensor, truth: Tensor, text: Tensor, concepts: Tensor, prototypes: Tensor, scale: Tensor
) -> Tensor:
    """Tie pictures and names to one free vector for each concept.

    From scratch, two towers that only see each other learn slowly; a fixed point between them helps both.

    Args:
        image: [N, D] embeddings of pictures.
        truth: bool [N, C], the concepts' names that are true of them; pictures without any are left out.
        text: [T, D] embeddings of names.
        concepts: int64 [T], whose names.
        prototypes: [C, D].
        scale: factor of the cosines.
    """
    prototypes = F.normalize(prototypes, dim=-1)
    named = truth.any(1)
    seen = F.cross_entropy(scale * image[named] @ prototypes.T, truth[named].float().argmax(1))
    return seen + F.cross_entropy(scale * text @ prototypes.T, concepts)
