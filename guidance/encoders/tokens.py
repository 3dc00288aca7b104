"""Tokens: open_clip's tokenizer, which is that of all CLIPs."""

from __future__ import annotations

import copy

import open_clip.tokenizer
from open_clip import SimpleTokenizer


def clip_tokenizer(context: int) -> SimpleTokenizer:
    """open_clip's tokenizer for a context length: list of N texts -> int64 [N, context]."""
    made = copy.copy(open_clip.tokenizer._tokenizer)  # reading the merges again would take half a second
    made.context_length = context
    return made
