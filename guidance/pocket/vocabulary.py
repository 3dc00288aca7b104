"""Tokens: open_clip's own, of which only those in use have a row in our files."""

from __future__ import annotations

from open_clip import SimpleTokenizer

from guidance.encoders.tokens import clip_tokenizer

CONTEXT = 32


def tokenizer(context: int = CONTEXT) -> SimpleTokenizer:
    """open_clip's tokenizer for our context length: list of N texts -> int64 [N, context]."""
    return clip_tokenizer(context)
