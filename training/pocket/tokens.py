"""Tokens in use: open_clip's numbers to the rows that our files keep."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from guidance.pocket.vocabulary import tokenizer

PADDING = 0


def tokens_in_use(words: Iterable[str]) -> list[int]:
    """The token numbers that captions of these words are made of.

    Args:
        words: all words of the captions.

    Returns:
        Ascending token numbers with padding, start and end. The order keeps the end token the largest number, which is
        how open_clip finds it.
    """
    encode = tokenizer()
    found = {PADDING, encode.sot_token_id, encode.eot_token_id}
    for word in words:
        found.update(encode.encode(word))
    return sorted(found)


class Compactor:
    """Renumbers tokens to the rows in use.

    Args:
        ids: ascending token numbers in use.
    """

    def __init__(self, ids: list[int]) -> None:
        self.rows = torch.zeros(max(ids) + 1, dtype=torch.long)
        self.rows[torch.tensor(ids)] = torch.arange(len(ids))
        self.tokenize = tokenizer()

    def __call__(self, texts: list[str]) -> Tensor:
        """Texts to row numbers, int64 [N, longest text], cut to the longest of them to save time."""
        tokens = self.tokenize(texts)
        longest = int(tokens.argmax(1).max()) + 1
        return self.rows[tokens[:, :longest]]
