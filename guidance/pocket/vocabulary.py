"""Tokens: open_clip's own, of which only those in use have a row in our files."""

from __future__ import annotations

import copy
from collections.abc import Iterable

import open_clip.tokenizer
import torch
from open_clip import SimpleTokenizer
from torch import Tensor

CONTEXT = 32
PADDING = 0


def tokenizer(context: int = CONTEXT) -> SimpleTokenizer:
    """open_clip's tokenizer for our context length: list of N texts -> int64 [N, context]."""
    ours = copy.copy(open_clip.tokenizer._tokenizer)  # reading the merges again would take half a second
    ours.context_length = context
    return ours


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
