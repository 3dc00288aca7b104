"""How well captions match words."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor

FILLERS = frozenset(["an", "the", "of", "in", "on", "at", "with", "and", "or", "is", "are", "this", "that"])


EXACT = 0.2
"""How much of a match depends on singular and plural."""


def words(text: str) -> set[str]:
    """The words of a text that carry meaning, in lower case; "a" is one behind "letter" only."""
    lowered = re.sub(r"(?<!letter )\ba\b", " ", text.lower())
    return {word for word in re.findall(r"[a-z0-9]+", lowered) if word not in FILLERS}


def singular(word: str) -> str:
    """A word without the s of its plural, roughly."""
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def caption_match(text: str, captions: Sequence[str]) -> Tensor:
    """The share of words, weighted by their rarity, that a text and each caption have in common.

    Args:
        text: what is looked for.
        captions: M of them.

    Returns:
        [M], 1 for the same words, 0 for none in common (Dice's coefficient).
    """
    asked, sets = words(text), [words(caption) for caption in captions]
    loose = _dice({singular(word) for word in asked}, [{singular(word) for word in found} for found in sets])
    return EXACT * _dice(asked, sets) + (1.0 - EXACT) * loose


def _dice(asked: set[str], sets: list[set[str]]) -> Tensor:
    count = Counter(word for found in sets for word in found)

    def rarity(found: set[str]) -> float:
        return sum(math.log(1.0 + len(sets) / max(1, count[word])) for word in found)

    whole = rarity(asked)
    matches = []
    for found in sets:
        common = asked & found
        matches.append(2.0 * rarity(common) / (whole + rarity(found)) if common else 0.0)
    return torch.tensor(matches)
