"""Words: what a text names, and which colour belongs to what."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from limn.colours import COLOURS

ARTICLES = frozenset(["a", "an", "the"])
FILLERS = ARTICLES | {"of", "in", "on", "at", "with", "and", "or", "is", "are", "this", "that"}
"""Words that say nothing of what is seen."""

IRREGULAR = {"mice": "mouse", "feet": "foot", "teeth": "tooth", "geese": "goose", "men": "man", "women": "woman"}
IRREGULAR |= {"children": "child", "oxen": "ox"}

ENDINGS = (
    (r"(x|ch|sh|ss|zz)es?$", r"\1"),  # boxes, box
    (r"(ies|ie|y)$", "i"),  # berries, berry; cookies, cookie
    (r"(ves|ve|fe)$", "f"),  # leaves, leaf; gloves, glove
    (r"(?<!s)s$", ""),
)
"""Of plurals and their singulars, and what both become."""


class Thing(NamedTuple):
    """A noun phrase.

    Args:
        colours: of it.
        words: all others, the noun last.
    """

    colours: tuple[str, ...]
    words: tuple[str, ...]


@lru_cache(maxsize=1 << 16)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, in any script, in their order; gray is grey."""
    return tuple("grey" if word == "gray" else word for word in re.findall(r"[^\W_]+", text.lower()))


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """What a word and its plural have in common, roughly: "berri" for berry and berries."""
    word = IRREGULAR.get(word, word)
    for ending, instead in ENDINGS if len(word) > 3 else ():
        found, changed = re.subn(ending, instead, word)
        if changed:
            return found
    return word


@lru_cache(maxsize=1 << 16)
def things_of(text: str) -> tuple[Thing, ...]:
    """What a text names, in its order; a colour belongs to the noun that it precedes.

    "a red apple with green leaves" is a red apple and green leaves; "a red and white flag" has two colours; in "an
    apple that is red" the colour is that of the noun before; "an orange" is a thing.
    """
    things: list[Thing] = []
    colours: list[str] = []
    words: list[str] = []

    def end() -> None:
        nonlocal colours, words
        if colours and not words:
            if things:
                things[-1] = Thing((*things[-1].colours, *colours), things[-1].words)
            else:
                *colours, noun = colours
                words = [noun]
        if words:
            things.append(Thing(tuple(colours), tuple(words)))
        colours, words = [], []

    for word in (part for clause in re.split(r"[,;:.!?()]", text) for part in ("and", *words_of(clause))):
        if word in COLOURS:
            if words and colours:
                end()
            colours.append(word)
        elif word not in FILLERS or words == ["letter"]:
            words.append(word)
        elif words or (colours and word not in {*ARTICLES, "and", "or"}):
            end()
    end()
    return tuple(things)
