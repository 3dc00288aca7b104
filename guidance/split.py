"""Splits a text that is too long for an encoder."""

from __future__ import annotations

import re
from collections.abc import Callable

SENTENCES = r"(?<=[.!?;\n])\s+"
"""Between sentences, which are read apart: encoders learned from captions of one."""

BREAKS = (r"(?<=,)\s+", r"\s+")
"""Where a sentence may be cut, best first: between clauses, words."""


def split(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Cuts a text that is too long into its sentences, and these into as few parts as clauses, then words allow.

    Args:
        text: what is cut.
        fits: whether a part is short enough.

    Returns:
        Parts that fit, in order; the text itself where it fits.
    """
    if fits(text) or len(text) < 2:
        return [text]
    sentences = re.split(SENTENCES, text.strip())
    if len(sentences) > 1:
        return [part for sentence in sentences for part in split(sentence, fits)]
    for pattern in BREAKS:
        pieces = re.split(pattern, text)
        if len(pieces) > 1:
            return [part for packed in _pack(pieces, fits) for part in split(packed, fits)]
    middle = len(text) // 2  # one endless word
    return split(text[:middle], fits) + split(text[middle:], fits)


def _pack(pieces: list[str], fits: Callable[[str], bool]) -> list[str]:
    """Joins neighbours as long as they fit together."""
    packed = [pieces[0]]
    for piece in pieces[1:]:
        joined = f"{packed[-1]} {piece}"
        if fits(joined):
            packed[-1] = joined
        else:
            packed.append(piece)
    return packed
