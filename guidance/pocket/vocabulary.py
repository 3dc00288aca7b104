"""Tokens: open_clip's own, of which only those in use have a row in our files."""

from __future__ import annotations

import copy

import open_clip.tokenizer
from open_clip import SimpleTokenizer

CONTEXT = 32


def tokenizer(context: int = CONTEXT) -> SimpleTokenizer:
    """open_clip's tokenizer for our context length: list of N texts -> int64 [N, context]."""
    ours = copy.copy(open_clip.tokenizer._tokenizer)  # reading the merges again would take half a second
    ours.context_length = context
    return ours
