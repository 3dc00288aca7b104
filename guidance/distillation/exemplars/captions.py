"""How well captions match words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from guidance.words import stem, things_of

SAME = 0.999
"""Captions match a text word for word above this."""

EXACT = 0.2
"""How much of a match depends on singular and plural."""

KEYWORD = 0.77
"""How well another word for a thing matches, where its caption would match fully."""

SUPPORT = 0.1
"""Added where the caption ends in a word of the text, so that "car" means a racing car, not a mountain railway."""

FEW = 6
"""Other names of a picture that are needed for agreement."""

AGREEMENT = 0.6
"""Added where all other names of a picture match, so that "puppy" means a dog, not a pleading face."""


@lru_cache(maxsize=1 << 16)
def words(text: str) -> frozenset[str]:
    """The words of a text that carry meaning, in lower case; a colour stands with its noun: "red apple"."""
    found = things_of(text)
    coloured = (f"{colour} {thing.words[-1]}" for thing in found for colour in thing.colours)
    return frozenset([*coloured, *(word for thing in found for word in thing.words)])


@lru_cache(maxsize=1 << 16)
def stems(found: frozenset[str]) -> frozenset[str]:
    """Words that are the same in the singular and in the plural."""
    return frozenset(" ".join(map(stem, word.split())) for word in found)


def caption_match(text: str, captions: Sequence[str]) -> Tensor:
    """The share of words, weighted by their rarity, that a text and each caption have in common.

    Args:
        text: what is looked for; words that no caption has are ignored, and no colour of a thing is.
        captions: M of them.

    Returns:
        [M], 1 for the same words, 0 for none in common (Dice's coefficient).
    """
    asked, sets = words(text), [words(caption) for caption in captions]
    known = frozenset().union(*map(stems, sets))
    asked = frozenset(word for word in asked if " " in word or stem(word) in known)
    loose = _dice(stems(asked), [stems(found) for found in sets])
    return EXACT * _dice(asked, sets) + (1.0 - EXACT) * loose


def name_match(text: str, captions: Sequence[str], keywords: Sequence[Sequence[str]]) -> Tensor:
    """As `caption_match`, where pictures have other names beside their captions.

    Args:
        text: what is looked for.
        captions: M of them.
        keywords: other words for what each picture shows [M].

    Returns:
        [M], 1 for the words of the caption, `KEYWORD` or a little more for those of another name, 0 for none in common.
    """
    names = list(dict.fromkeys([*captions, *(name for others in keywords for name in others)]))
    found = dict(zip(names, caption_match(text, names).tolist(), strict=True))
    asked, matches = stems(words(text)), []
    # Below a match with the caption itself, and far below where some caption matches.
    most = KEYWORD + SUPPORT if max(found[caption] for caption in captions) > SAME else 0.99
    for caption, others in zip(captions, keywords, strict=True):
        if "no" in words(caption) - asked:  # "no bicycles" is not a bike
            matches.append(0.0)
            continue
        other = max((found[name] for name in others), default=0.0)
        share = sum(found[name] > 0.9 for name in others) / max(FEW, len(others))
        of_that_kind = bool(asked & stems(words(caption.rpartition(" ")[2])))
        named = min(most, KEYWORD * other + SUPPORT * of_that_kind + AGREEMENT * share)
        matches.append(max(found[caption], named))
    return torch.tensor(matches)


def _dice(asked: frozenset[str], sets: Sequence[frozenset[str]]) -> Tensor:
    count = Counter(word for found in sets for word in found)

    def rarity(found: frozenset[str]) -> float:
        return sum(math.log(1.0 + len(sets) / max(1, count[word])) for word in found)

    whole = rarity(asked)
    matches = []
    for found in sets:
        common = asked & found
        matches.append(2.0 * rarity(common) / (whole + rarity(found)) if common else 0.0)
    return torch.tensor(matches)
