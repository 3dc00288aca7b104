"""Hard prompts: words of a vocabulary whose embedding is nearest to a target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from guidance.embedding.metrics import cosine_distance
from guidance.embedding.minimise import minimise
from guidance.embedding.soft_words import SoftPhrase
from guidance.encoders import Encoder
from limn.errors import InputError

BATCH = 1024
"""Words that are made tokens at a time."""


@dataclass(frozen=True)
class HardPrompt:
    """Words for a target.

    Args:
        text: the words.
        cosine: of their embedding and the target.
    """

    text: str
    cosine: float


def hard_prompt(
    target: Tensor,
    encoder: Encoder,
    generator: torch.Generator,
    length: int = 4,
    steps: int = 1000,
    rate: float = 0.1,
    words: Sequence[str] | None = None,
    before: str = "",
) -> HardPrompt:
    """Words that say a target, found by gradients: each step reads the nearest words, and moves vectors behind them.

    Args:
        target: an embedding of a picture, or of anything [D], of any length.
        encoder: that made it.
        generator: of the start.
        length: words.
        steps: of AdamW.
        rate: learning rate; its weight decay is 0.1.
        words: to choose from; those that the encoder knows unless given. Only such of one token are taken.
        before: what stands before them, like "a photo of".

    Raises:
        InputError: the encoder's words are not known and none are given, or none of them is one token.

    Source: PEZ (Wen et al. 2023): projected forward passes, gradients on the continuous copy.
    """
    names, tokens = _of_one_token(encoder, sorted(encoder.vocabulary or ()) if words is None else words)
    phrase = SoftPhrase(encoder, before, length)
    table = phrase.table.weight.detach()[tokens].float()
    unit = F.normalize(table, dim=-1)
    best, least = torch.zeros(length, dtype=torch.long), float("inf")

    def loss(vectors: Tensor) -> Tensor:
        nonlocal best, least
        nearest = (F.normalize(vectors.detach(), dim=-1) @ unit.T).argmax(dim=1)
        value = cosine_distance(phrase.embed(vectors + (table[nearest] - vectors).detach()), target.detach())
        if value.item() < least:
            best, least = nearest, value.item()
        return value

    start = torch.randint(len(names), (length,), generator=generator)
    minimise(table[start], loss, steps, rate, decay=0.1)
    return HardPrompt(" ".join([*([before] if before else []), *(names[k] for k in best.tolist())]), 1.0 - least)


def _of_one_token(encoder: Encoder, words: Sequence[str]) -> tuple[list[str], Tensor]:
    """The words that are one token, and their tokens."""
    names, found = [], []
    nothing, something = encoder.tokenizer(["", "a"])
    place = int((nothing != something).nonzero()[0]) if words else 0
    for start in range(0, len(words), BATCH):
        part = list(words[start : start + BATCH])
        rows = encoder.tokenizer(part)
        # behind the one token all is as behind "a"
        fits = (rows[:, place + 1 :] == something[place + 1 :]).all(dim=1)
        names += [word for word, fit in zip(part, fits.tolist(), strict=True) if fit]
        found.append(rows[fits, place])
    if not names:
        raise InputError(f"encoder {encoder.name!r} needs words to choose from, of one token each")
    return names, torch.cat(found)
