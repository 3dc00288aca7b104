"""The world of solids: every name, and the words that recolour."""

from __future__ import annotations

import re
from collections.abc import Callable

from limn.cache import cached
from limn.colours import COLOURS
from renderers.solids.patterns import PATTERNS
from renderers.solids.solid import Part, Solid, hexadecimal
from renderers.solids.things import food, house, nature, travel, vessels
from renderers.solids.things.shapes import ALIASES, FORM, SHAPES

THINGS: dict[str, Callable[[], Solid]] = {
    "tree": nature.tree,
    "snowman": nature.snowman,
    "table": house.table,
    "lamp": house.lamp,
    "car": travel.car,
    "boat": travel.boat,
    "hat": travel.hat,
    "bottle": vessels.bottle,
    "apple": food.apple,
    "pear": food.pear,
    "fish": nature.fish,
    "cup": vessels.cup,
    "ice cream": food.ice_cream,
    "cactus": nature.cactus,
    "house": house.house,
    "rocket": travel.rocket,
    "chair": house.chair,
    "mug": vessels.mug,
    "vase": vessels.vase,
    "mushroom": food.mushroom,
    "dog": nature.dog,
}
"""Things by their names; each has colours of its own."""

SAME = {"gray": "grey", "dots": "spots"} | ALIASES
"""Other words for the same."""


def solid(caption: str) -> Solid | None:
    """The solid that some words describe, None where they are about something else.

    The words are "[a] [colour] name [with [colour] part [and [colour] part] ...]": "a red cube", "a mug" in its own
    colours, "a blue mug" whose main parts are blue, "a yellow mushroom with blue dots", "a house with a green roof".
    A part is one that the thing has, or a pattern on its main parts: spots (or dots) or stripes. Shapes of no colour
    are grey.

    Args:
        caption: in any case, with or without articles.
    """
    words = [SAME.get(word, word) for word in re.findall(r"[a-z]+", caption.lower())]
    return _made(" ".join(word for word in words if word not in ("a", "an", "the")))


def captions() -> list[str]:
    """The names of the world: every thing in its own colours, and every shape in every colour."""
    return [_a(name) for name in THINGS] + [_a(f"{colour} {name}") for name in SHAPES for colour in COLOURS]


@cached(64)
def _made(words: str) -> Solid | None:
    whole, _, rest = words.partition(" with ")
    colour, name = _split(whole)
    found = _named(name)
    if found is None:
        return None
    colours = dict.fromkeys(found.main, hexadecimal(COLOURS[colour])) if colour else {}
    patterns = []
    for phrase in rest.split(" and ") if rest else []:
        ink, word = _split(phrase)
        parts = [part.name for part in found.parts if word in (part.name, f"{part.name}s", part.name.removesuffix("s"))]
        if ink and parts:
            colours |= dict.fromkeys(parts, hexadecimal(COLOURS[ink]))
        elif not parts and word in PATTERNS:
            patterns.append((PATTERNS[word], COLOURS[ink or "white"]))
        elif not parts:
            return None
    return found.recoloured(_a(words), colours, patterns)


@cached(32)
def _named(name: str) -> Solid | None:
    if name in SHAPES:
        return Solid(name, [Part(FORM, hexadecimal(COLOURS["grey"]), SHAPES[name]())])
    return THINGS[name]() if name in THINGS else None


def _split(phrase: str) -> tuple[str, str]:
    """A colour, where there is one, and the other words."""
    first, _, others = phrase.partition(" ")
    return (first, others) if first in COLOURS else ("", phrase)


def _a(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
