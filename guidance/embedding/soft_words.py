"""Soft words: phrases in which some words are vectors, read by a frozen text tower."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from guidance.encoders import Encoder
from limn.errors import InputError


class SoftPhrase:
    """Words, and behind them a number of vectors in place of words.

    Args:
        encoder: reads them.
        words: what stands before the vectors, like "a photo of".
        count: vectors.

    Raises:
        InputError: its text tower has no embedding of tokens that is known here, or the phrase is too long for it.
    """

    def __init__(self, encoder: Encoder, words: str, count: int) -> None:
        self.encoder = encoder
        self.table = token_embedding(encoder)
        device = self.table.weight.device
        plain, full = encoder.tokenizer([words, f"{words}{' a' * count}"]).to(device)
        if encoder.count_tokens(f"{words}{' a' * count}") > encoder.context:
            raise InputError(f"{count} words behind {words!r} are more than encoder {encoder.name!r} reads")
        self.tokens = full[None]
        first = int((plain != full).nonzero()[0])
        self.places = slice(first, first + count)

    @property
    def width(self) -> int:
        """Of a vector."""
        return self.table.weight.shape[1]

    def embed(self, vectors: Tensor) -> Tensor:
        """The un-normalised embedding of the phrase [D]; gradients flow to the vectors [count, width]."""

        def put(module: nn.Module, given: Any, rows: Tensor) -> Tensor:
            before, behind = rows[:, : self.places.start], rows[:, self.places.stop :]
            return torch.cat([before, vectors.to(rows)[None], behind], dim=1)

        hook = self.table.register_forward_hook(put)
        try:
            embedding: Tensor = self.encoder.model.encode_text(self.tokens, normalize=False)[0].float()
        finally:
            hook.remove()
        return embedding


def token_embedding(encoder: Encoder) -> nn.Embedding:
    """The table of vectors that the tokens of an encoder stand for.

    Raises:
        InputError: its text tower has none that is known here.
    """
    text = getattr(encoder.model, "text", encoder.model)
    encoder.tokenizer  # noqa: B018
    found = getattr(text, "token_embedding", None)
    if found is None and hasattr(text, "transformer"):  # a text tower of transformers
        found = text.transformer.get_input_embeddings()
    if not isinstance(found, nn.Embedding):
        raise InputError(f"encoder {encoder.name!r} has no embedding of tokens that is known here")
    return found
