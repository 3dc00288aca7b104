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


def embed_image(model: CLIP, pictures: Tensor) -> Tensor:
    """Normalised image embeddings [N, D] of pictures [N, 3, H, W] in 0..1."""
    x = ((pictures - MEAN) / STD).contiguous(memory_format=torch.channels_last)
    return F.normalize(model.encode_image(x).float(), dim=-1)


@dataclass
class Batch:
    """Pictures with captions; the last pictures show nothing that any caption says.

    Attributes:
        pictures: [N + M, 3, H, W] in 0..1.
        facts: int64 [N + M, 7].
        texts: row numbers [N + K, L]; K captions more are wrong for every picture or right by chance.
        claims: int64 [N + K, 7].
        count: N.
    """

    pictures: Tensor
    facts: Tensor
    texts: Tensor
    claims: Tensor
    count: int


def draw_batch(
    composer: Composer, captions: Captions, compact: Compactor, count: int, nothing: int, generator: Generator
) -> Batch:
    """Draw pictures, true captions, near misses among captions and pictures of nothing.

    Args:
        composer: draws pictures.
        captions: writes captions.
        compact: texts -> row numbers.
        count: pictures with a caption.
        nothing: pictures without: half scribbles, half pictures cut up and shuffled.
        generator: source of all choices.
    """
    rng = random.Random(int(torch.randint(1 << 62, (), generator=generator)))
    # Small chunks stay in the processor's cache: three times as fast.
    chunks = [composer.draw(32, generator) for _ in range(count // 32)]
    chunks.append(composer.draw(nothing // 2, generator, Mix(0, 0, 0, 0, 0, 1.0)))
    chunks.append((jigsaw(chunks[0][0][: nothing // 2], generator), chunks[-1][1]))
    pictures, facts = (torch.cat(parts) for parts in zip(*chunks, strict=True))
    shown = facts[:count]
    pairs = shown[shown[:, Fact.SECOND] >= 0]
    misses = torch.cat([swapped(pairs), recoloured(pairs)])
    texts, claims = captions.describe(torch.cat([shown, misses]), rng)
    return Batch(pictures, facts, compact(texts), claims, count)


def concept_claims(count: int) -> Tensor:
    """The claims [count, 7] of the bare names of all concepts."""
    claims = torch.full((count, len(Fact)), ANY)
    claims[:, Fact.OBJECT] = torch.arange(count)
    return claims


def contrastive_loss(image: Tensor, text: Tensor, bank: Tensor, truth: Tensor, count: int, scale: Tensor) -> Tensor:
    """Symmetric cross entropy in which every true pair is an equal target.

    Args:
        image: [N + M, D], the last M show nothing.
        text: [N + K, D], the first N belong to the first N pictures.
        bank: [C, D], embeddings of all concepts' names, more wrong answers for the pictures.
        truth: bool [N + M, N + K + C].
        count: N.
        scale: factor of the cosines.
    """
    to_texts = scale * image[:count] @ torch.cat([text, bank]).T
    right = truth[:count].float()
    loss = F.cross_entropy(to_texts, right / right.sum(1, keepdim=True))
    to_images = scale * text[:count] @ image.T
    right = truth[:, :count].T.float()
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
